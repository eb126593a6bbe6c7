import type { RateWindow } from '#destinations';
import type { Checked, Grant, RateState, Rejection } from './dialect.js';

/** A configured sender, as far as ingest needs to know it. */
export interface KnownSource {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Absent: the dialect's documented limit. Empty: none. */
  readonly rateLimit?: readonly RateWindow[];
}

/** Who may send. Tokens are never compared letter by letter: the time of an answer does not tell how much of a guess was right. */
export abstract class SourceDirectory {
  abstract find(dialect: string, token: string): { readonly source: KnownSource; readonly grant: Grant } | undefined;
}

export interface AppendRequest {
  readonly requestId: string;
  readonly sourceId: string;
  readonly dialect: string;
  readonly route: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** As it came, decompressed, without credentials. */
  readonly body: Buffer;
  /** May leave no event accepted where there is an idempotency key: then only the key and this are to be kept. */
  readonly checked: Checked;
  /** The caller's `traceparent` header, as it came. */
  readonly callerTrace?: string;
  /** `key` is unique within the source: it names the route as well, where the dialect scopes keys so. */
  readonly idempotency?: { readonly key: string; readonly bodyDigest?: string };
}

export type RecallRequest = Required<Pick<AppendRequest, 'sourceId' | 'idempotency'>>;

export type AppendResult =
  /** Safe on disk. */
  | { readonly kind: 'appended'; readonly checked: Checked; idAt(index: number): string }
  | RepeatResult
  /** Not kept: too much waits already. */
  | { readonly kind: 'shed'; readonly retryAfterSeconds: number }
  /** Not kept, or (Redis fell silent in the middle) nobody knows. */
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** What became of a request whose key was used before. */
export type RepeatResult =
  /** All but the kind is the first request's. Earlier releases did not keep its route. */
  | { readonly kind: 'repeated'; readonly route?: string; readonly checked: Checked; idAt(index: number): string }
  /** The key was used with another body. */
  | { readonly kind: 'conflict' };

/** Durable intake. Never throws for Redis' sake and answers within two seconds. */
export abstract class Intake {
  /** True while every request is to be shed. */
  abstract shedding(): boolean;
  abstract append(request: AppendRequest): Promise<AppendResult>;
  /** What `append` would answer to a used key; undefined where it is new, or nobody can tell now. */
  abstract recall(request: RecallRequest): Promise<RepeatResult | undefined>;
}

export interface RejectedRequest {
  readonly requestId: string;
  readonly sourceId: string | null;
  readonly dialect: string;
  readonly route: string;
  readonly at: number;
  readonly status: number;
  readonly items: readonly (Rejection & { readonly item?: unknown })[];
}

/** Where refused items are kept for the admin. Never delays an answer. */
export abstract class RejectionLog {
  abstract record(rejected: RejectedRequest): void;
}

export type RateVerdict =
  | { readonly kind: 'allowed'; readonly state: RateState }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

/** Ingest rate limits, per source and bucket, over all processes. */
export abstract class RequestLimiter {
  abstract take(sourceId: string, bucket: string, windows: readonly RateWindow[]): RateVerdict | Promise<RateVerdict>;
}

/** Counts for metrics, and what went wrong for the log. Called on the hot path: must return at once and never throw. */
export abstract class IngestObserver {
  /** Events that were appended just now; repeats of an idempotency key are not counted. */
  abstract accepted(dialect: string, events: number): void;
  /** Items refused by the dialect's rules, by the rejection's `code`. */
  abstract rejected(dialect: string, code: string, items: number): void;
  /** A request refused as a whole, by the fault's `kind`; `check` where the dialect's rules refused it. */
  abstract refused(dialect: string, reason: string): void;
  /** After every answer of an ingest route or probe. */
  abstract answered(dialect: string, route: string, status: number, durationMs: number): void;
  /** A fault of ours. The caller is told nothing of it but `requestId`. */
  abstract failed(dialect: string, requestId: string, error: unknown): void;
}
