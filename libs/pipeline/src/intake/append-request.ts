/** What intake keeps of an accepted request. Mirrors the port that the dialects state; the app binds the two. */
export interface IntakeRequest {
  readonly requestId: string;
  readonly sourceId: string;
  readonly dialect: string;
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly body: Buffer;
  readonly checked: IntakeChecked;
  /** The span that took the request, where traces are kept (W3C Trace Context). */
  readonly traceparent?: string;
  /** `key` is unique within the source: it names the scope (route) as well. */
  readonly idempotency?: { readonly key: string; readonly bodyDigest?: string };
}

/** The part of a check that intake looks at; the rest travels with it unseen. */
export interface IntakeChecked {
  readonly kind: 'checked';
  readonly total: number;
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly detail: string }[];
  readonly naturalKeys?: readonly (string | null)[];
}

export type RecallRequest = Required<Pick<IntakeRequest, 'sourceId' | 'idempotency'>>;

/** What became of a request whose key was used before: `route` and the rest are the first one's. */
export type RepeatResult =
  | { readonly kind: 'repeated'; readonly route?: string; readonly checked: IntakeChecked; idAt(index: number): string }
  | { readonly kind: 'conflict' };

export type IntakeResult =
  | { readonly kind: 'appended'; readonly checked: IntakeChecked; idAt(index: number): string }
  | RepeatResult
  | { readonly kind: 'shed'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };
