import type { CanonicalEvent, JsonObject } from '#canonical';
import type { JsonSchema, RateWindow } from '#destinations';

/** What a source's credentials let their holder do; a dialect chooses the words, e.g. `write`, `read`, `public`. */
export type Grant = string;

export interface CredentialsSpec {
  /** Every property is a string. */
  readonly schema: JsonSchema;
  /** Credentials in the vendor's style, for members the admin left out. */
  generate(
    given: Readonly<Record<string, string>>,
    random: (bytes: number) => Buffer,
  ): Readonly<Record<string, string>>;
  /** Every text by which a caller can be recognised, and what it grants. A pair is joined into one text. */
  tokens(credentials: Readonly<Record<string, string>>): readonly { readonly token: string; readonly grant: Grant }[];
}

/** Where callers put a credential, for the API documents. */
export interface CredentialPlace {
  /** Tells it from the dialect's other places. */
  readonly name: string;
  /** Which of the credentials stands there. */
  readonly member: string;
  /** What it grants there. */
  readonly grant: Grant;
  /** In the words of OpenAPI's security schemes. */
  readonly scheme:
    | { readonly type: 'http'; readonly scheme: 'bearer' }
    | { readonly type: 'apiKey'; readonly in: 'header' | 'query'; readonly name: string };
  /** What stands before it. */
  readonly prefix?: string;
  readonly description: string;
}

/** What callers may say beside body, credentials and idempotency key, for the API documents. */
export interface RouteParameter {
  readonly in: 'header' | 'query';
  readonly name: string;
  readonly description: string;
  readonly schema: JsonSchema;
}

/** A request as far as a dialect may look at it. Header names are lower case. */
export interface RequestView {
  /** What `X-Request-Id` answers; vendors whose error bodies carry ids derive them from it. */
  readonly requestId: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What a caller presented: the token to look up, or why there is none. */
export type Claim = { readonly token: string } | { readonly missing: string };

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Already serialized; empty for no body. */
  readonly body: string;
}

/** Why an item was refused. `code`, `detail` and `pointer` are the vendor's words where it has some. */
export interface Rejection {
  /** 0-based position of the event in the request. */
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
  /** The event's name, if it had one; an overlong one is cut. */
  readonly name?: string;
}

/** What check found. Small and serializable: it is kept with the idempotency key to repeat the answer. */
export interface Checked {
  readonly kind: 'checked';
  /** Events in the request, refused ones included. */
  readonly total: number;
  /** Ascending by index. */
  readonly rejected: readonly Rejection[];
  /**
   * Natural keys by event position (null: none), unique per source. A key seen in the last 24 hours, or at an earlier
   * position of the same request, drops the event as a duplicate.
   */
  readonly naturalKeys?: readonly (string | null)[];
}

/** The request as a whole is refused in the vendor's words; nothing of it is kept. */
export interface Refused {
  readonly kind: 'refused';
  readonly reply: Reply;
  /** For the rejections list. */
  readonly rejected: readonly Rejection[];
}

/** What intake answers: ids by event position. */
export interface Receipts {
  /** The id of the event at this position. */
  idAt(index: number): string;
}

/** What can go wrong outside a dialect's own rules. Rendered by `replyToFault`. */
export type Fault =
  | { readonly kind: 'unauthorized'; readonly reason: 'missing' | 'unknown' | 'disabled'; readonly detail?: string }
  | { readonly kind: 'forbidden'; readonly reason: 'grant' }
  | { readonly kind: 'invalid_json' }
  | { readonly kind: 'bad_encoding' }
  | { readonly kind: 'payload_too_large'; readonly maxBytes: number }
  | { readonly kind: 'unsupported_media_type' }
  | { readonly kind: 'unsupported_encoding' }
  | { readonly kind: 'bad_request'; readonly detail: string }
  | { readonly kind: 'rate_limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'idempotency_conflict' }
  | { readonly kind: 'not_found' }
  /** A path in `gone`, whatever the method. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'method_not_allowed'; readonly allow: readonly string[] }
  /** Overload, a dependency that is gone, or shutdown. */
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number }
  /** Too much waits already; some vendors have an own answer for it. */
  | { readonly kind: 'queue_full'; readonly retryAfterSeconds: number }
  | { readonly kind: 'internal' };

/** How far the caller is from its limit, for vendors that say so on every answer. */
export interface RateState {
  readonly windows: readonly RateWindow[];
  /** Of the longest window, like `resetSeconds`. */
  readonly remaining: number;
  readonly resetSeconds: number;
}

export interface CheckContext {
  readonly request: RequestView;
  /** Of the body, decompressed. */
  readonly bodyBytes: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A request as it was stored: the accepted bytes without credentials, parsed again. */
export interface StoredRequest {
  readonly body: unknown;
  /** The route's `id`. */
  readonly route: string;
  /** What `keepHeaders` named, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceId: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  /** False for events that were refused, and for repeats of earlier ones (`naturalKeys`): nobody gets those. */
  accepts(index: number): boolean;
  /** The id that intake gave the event at this position. */
  idAt(index: number): string;
}

export interface IngestRoute {
  /** Stable name, stored with the events: never change its meaning. */
  readonly id: string;
  readonly method: 'POST';
  /** Native path below the root, without final slash. */
  readonly path: string;
  readonly summary: string;
  /** What the caller's credentials must grant; of several, one is enough. */
  readonly grant: Grant | readonly Grant[];
  /** Counted after decompression. */
  readonly maxBodyBytes: number;
  /** Media types taken, without parameters; a missing header is taken as the first. */
  readonly contentTypes: readonly string[];
  /** The vendor's documented limit; a source's own setting replaces it. Routes with the same `bucket` share it. */
  readonly rateLimit: { readonly bucket: string; readonly windows: readonly RateWindow[] };
  /** `header` in lower case. A key belongs to this route (the default) or to the source, whatever the route. */
  readonly idempotency?: {
    readonly header: string;
    readonly compareBody: boolean;
    readonly scope?: 'route' | 'source';
    /** A longer key is a `bad_request`. Absent: a key may be as long as the head of a request lets it. */
    readonly maxKeyLength?: number;
    /** The answer tells the names of refused events, so they are kept with the key. Absent: `reply` sees none. */
    readonly keepNames?: boolean;
  };
  /** Headers that decode needs, lower case. */
  readonly keepHeaders?: readonly string[];
  readonly parameters?: readonly RouteParameter[];
  /** True: too much waiting is answered with `queue_full` instead of `unavailable`. */
  readonly ownQueueFull?: boolean;
  readonly bodySchema: JsonSchema;
  check(body: unknown, context: CheckContext): Checked | Refused;
  reply(checked: Checked, receipts: Receipts): Reply;
  /**
   * Aligned with the request's events; undefined where not accepted. Pure: same request, same events. What the request
   * says once of several events goes to the first accepted one of them.
   */
  decode(stored: StoredRequest): readonly (CanonicalEvent | undefined)[];
  /**
   * The body of a request to this route that carries these events, without credentials: the inverse of decode, so that
   * decoding it again gives the same events. What it normalizes is listed in `<name>.md`.
   */
  encode(events: readonly CanonicalEvent[]): JsonObject;
  /** The item of the event at this position as it came, without credentials: for the rejections list. */
  itemAt?(body: unknown, index: number): unknown;
}

/** A small authenticated answer that clients test a key with. */
export interface ProbeRoute {
  readonly id: string;
  readonly method: 'GET';
  readonly path: string;
  readonly summary: string;
  readonly grant: Grant | readonly Grant[];
  /** As on ingest routes; absent: not limited. */
  readonly rateLimit?: IngestRoute['rateLimit'];
  reply(source: { readonly id: string; readonly name: string }): Reply;
}

/** How one kind of client is pointed at the gateway. */
export interface ClientSettings {
  readonly title: string;
  /** To be pasted. */
  readonly code: string;
  /** What else there is to know. */
  readonly note?: string;
}

/**
 * A vendor's HTTP language, inwards. Everything is data or a pure function; clock, random, network and Redis stay with
 * the mechanism in `ingest/`.
 */
export interface Dialect {
  /** Equals the folder's name. */
  readonly name: string;
  readonly title: string;
  readonly credentials: CredentialsSpec;
  /** Empty: the credentials are in the body. */
  readonly credentialPlaces: readonly CredentialPlace[];
  readonly routes: readonly IngestRoute[];
  readonly probes: readonly ProbeRoute[];
  /**
   * Paths whose unknown members and wrong methods this dialect answers: a prefix if it ends in a slash (`/v1/`), else
   * exactly that path (`/v1/batch`). The longest one wins over dialects.
   */
  readonly ownedPaths: readonly string[];
  /** Native paths the vendor has retired, without final slash: answered with the fault `gone`, without authentication. */
  readonly gone?: readonly string[];
  /** The part of a native path that may be left out below `/<dialect>`, e.g. `/api/v1`. */
  readonly optionalPrefix?: string;
  /** Native paths that browsers may call from anywhere (a prefix if it ends in a slash), and the headers they may send. */
  readonly cors?: { readonly paths: readonly string[]; readonly headers: readonly string[] };
  /** Credentials from headers or query; absent: they are in the body and `claimFromBody` reads them. */
  claim?(request: RequestView, route: IngestRoute | ProbeRoute): Claim;
  claimFromBody?(body: unknown): Claim;
  /** The accepted bytes without credentials. Absent: nothing to take out. */
  scrub?(bytes: Buffer, body: unknown): Buffer;
  replyToFault(fault: Fault, request: RequestView): Reply;
  /** Headers that go on every answer to a recognised caller, rate-limited ones excepted. */
  rateHeaders?(state: RateState): Readonly<Record<string, string>>;
  /**
   * What to change in this vendor's clients so that they send here. Absent: there is nothing to say but the address.
   * `<baseUrl>` stands for the gateway's address, `<member>` for a member of the credentials.
   */
  readonly clients?: readonly ClientSettings[];
  /** A paste-ready request for the banner and the docs: path, headers and body with these credentials. */
  sample(credentials: Readonly<Record<string, string>>): {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: JsonObject;
  };
}
