import type { CanonicalEvent, JsonObject } from '#canonical';

/** Draft 2020-12 JSON Schema, as `/destination-types` shows it and as settings are checked with. */
export type JsonSchema = JsonObject;

/** How events are gathered into one request: as soon as one bound is reached. `maxBytes` counts the decompressed body. */
export interface BatchSettings {
  readonly maxEvents: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

export interface RateWindow {
  readonly requests: number;
  readonly perSeconds: number;
}

export interface RetrySettings {
  readonly maxAttempts: number;
  readonly maxAgeSeconds: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** What a destination of this type gets where the admin says nothing. */
export interface DeliveryDefaults {
  readonly batch: BatchSettings;
  /** Empty: no limit. Several windows hold together. */
  readonly rateLimit: readonly RateWindow[];
  readonly retry: RetrySettings;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** A destination's configuration with its credentials in clear; lives in memory only. */
export interface ConnectorSettings {
  readonly config: JsonObject;
  readonly credentials: Readonly<Record<string, string>>;
}

/** Names one request for ever: the same key is the same content, however often it is repeated. */
export interface RequestIdentity {
  /** `[0-9a-z_]{1,64}`; goes out as webhook-id or Idempotency-Key. */
  readonly key: string;
  /** Milliseconds since 1970 of this attempt. */
  readonly attemptAt: number;
}

export interface OutboundRequest {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or its bytes in UTF-8 where these are at hand. */
  readonly body: string | Buffer;
  /** Header names whose values must never be logged or shown; lower case. */
  readonly secretHeaders: readonly string[];
  /** Paths of body members that are secret (Kixo's `api_key`), as top-level names. */
  readonly secretMembers?: readonly string[];
}

export interface InboundResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body was longer than anybody reads: its end is missing. */
  readonly cut?: boolean;
  /** Milliseconds since 1970; what a `Retry-After` date is measured against if the answer has no `date` header. */
  readonly receivedAtMs?: number;
}

export interface Refusal {
  /** Stable, snake_case. */
  readonly code: string;
  /** What the vendor said, with the field where it names one. */
  readonly detail: string;
}

export type EventOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly refusal: Refusal }
  /** One of the events suspected for the same refusal is at fault: they are split until it is found. */
  | { readonly kind: 'suspect'; readonly refusal: Refusal }
  /** Not taken, for another event's sake: sent again at once without that one. Costs no attempt. */
  | { readonly kind: 'resend' }
  | { readonly kind: 'retry' };

/** What an answer meant for the request as a whole, or for each of its events. */
export type Interpretation =
  /** `shortfall`: how many the vendor says it did not take, naming none; they are not sent again. */
  | { readonly kind: 'delivered'; readonly note?: string; readonly shortfall?: number }
  /** One outcome per event, in the order they were encoded; `shortfall` is of those that count as delivered. */
  | {
      readonly kind: 'per_event';
      readonly outcomes: readonly EventOutcome[];
      readonly note?: string;
      readonly shortfall?: number;
    }
  /** Refused as a whole; nobody knows for which event. The batch is split until it is found. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'too_large'; readonly refusal: Refusal }
  /** The vendor asks to slow down: costs no attempt. `afterMs` absent: counts as a failure, with backoff. */
  | { readonly kind: 'throttled'; readonly afterMs?: number }
  | { readonly kind: 'retry'; readonly code: string; readonly afterMs?: number }
  /** The destination's own fault (credentials, address): hold everything, open the breaker. */
  | { readonly kind: 'paused'; readonly code: string };

/**
 * Where an event belongs at the vendor. Events of different lanes never share a request. `not_wanted` settles the event
 * (the vendor cannot take its kind), `rejected` dead-letters it before anything is sent.
 */
export type Placement =
  /**
   * Events with the same `distinct` never share a request; absent: those with the same id do not. All of a batch but the
   * first one go to `repeatLane`, where there is one, else into further requests of the lane.
   */
  | { readonly kind: 'lane'; readonly lane: string; readonly distinct?: string; readonly repeatLane?: string }
  | { readonly kind: 'not_wanted'; readonly code: string }
  | { readonly kind: 'rejected'; readonly refusal: Refusal };

/** A field the vendor cannot carry, for previews and the translation table. */
export interface LostField {
  /** Dotted path in the canonical event. */
  readonly field: string;
  readonly reason: string;
}

/** A configuration without the secrets that stood in it. */
export interface LiftedSecrets {
  readonly config: JsonObject;
  readonly credentials: Readonly<Record<string, string>>;
}

interface ConnectorBase {
  /** The `type` of a destination; equals the folder's name. */
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly configSchema: JsonSchema;
  /** Every property is a string; `required` lists what an admin must give. */
  readonly credentialsSchema: JsonSchema;
  /** Takes what is a secret out of a configuration as an admin gives it: it is kept as a credential. */
  readonly liftSecrets?: (config: JsonObject) => LiftedSecrets;
  /**
   * Which of the stored credentials a merge patch (RFC 7396) of the configuration takes back: those that `liftSecrets` would
   * have made of the members that it nulls.
   */
  readonly secretsTakenBack?: (
    configPatch: JsonObject,
    credentials: ConnectorSettings['credentials'],
  ) => readonly string[];
  /** Makes the credentials that may be left out, e.g. a signing secret. Receives random bytes; pure otherwise. */
  readonly generateCredentials?: (random: (bytes: number) => Buffer) => Readonly<Record<string, string>>;
  readonly defaults: DeliveryDefaults;
  /** Identity fields whose form the vendor checks: it refuses a hash in their place. */
  readonly verifiedIdentity?: readonly string[];
  /** The vendor's own bounds for one request; `batch` never exceeds them. */
  readonly limits: { readonly maxEvents: number; readonly maxBytes: number };
}

/** Speaks a vendor's HTTP language outwards. Pure: it never does HTTP, reads no clock and keeps no state. */
export interface HttpConnector extends ConnectorBase {
  readonly transport: 'http';
  /** Absolute URL of the vendor, for the address check at creation. */
  endpoint(settings: ConnectorSettings): string;
  place(event: CanonicalEvent, settings: ConnectorSettings): Placement;
  /** The vendor's bound for one request of this lane, where it is below `limits.maxEvents`. */
  maxEventsIn?(lane: string): number;
  /** `events` share one lane and have distinct ids. Same input, same bytes (save the time of the attempt in signatures). */
  encode(
    events: readonly CanonicalEvent[],
    lane: string,
    settings: ConnectorSettings,
    identity: RequestIdentity,
  ): OutboundRequest;
  interpret(response: InboundResponse, events: readonly CanonicalEvent[], lane: string): Interpretation;
  /**
   * How long the vendor's own rate headers ask to rest after an answer that was no refusal (ms), so that the wall is
   * never hit. Absent or undefined: they do not.
   */
  restMs?(response: InboundResponse): number | undefined;
  /** Fields of this event that do not reach the vendor. */
  lost?(event: CanonicalEvent, settings: ConnectorSettings): readonly LostField[];
}

/** Writes to the gateway's own log instead of the network. */
export interface LogConnector extends ConnectorBase {
  readonly transport: 'log';
}

export type Connector = HttpConnector | LogConnector;
