/** What the admin API answers, as far as the console shows it. */

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

export interface PointedFault {
  readonly pointer: string;
  readonly message: string;
}

export interface Me {
  readonly name: string;
  readonly role: 'admin' | 'viewer';
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

export interface LastError {
  readonly code: string;
  readonly detail: string;
  readonly at: string;
}

export interface Stats {
  readonly delivered: number;
  readonly waiting: number;
  readonly retrying: number;
  readonly deadLettered: number;
  readonly lastError: LastError | null;
  readonly breaker: {
    readonly state: 'closed' | 'open';
    readonly code: string | null;
    readonly since: string | null;
    readonly nextProbeAt: string | null;
  };
  /** `paused: …`, `dead_letters_full`, `retry_after: <time>` or `breaker: <code>`. */
  readonly heldBy: string | null;
}

export interface SourceOverview {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  readonly accepted: number;
}

export interface DestinationOverview extends Stats {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly paused: 'admin' | 'credentials_missing' | null;
  readonly waitingSince: string | null;
}

export interface Overview {
  readonly at: string;
  readonly accepted: number;
  readonly queuedBytes: number;
  readonly maxQueuedBytes: number;
  readonly unroutedSegments: number;
  readonly sources: readonly SourceOverview[];
  readonly destinations: readonly DestinationOverview[];
}

export interface ThroughputSample {
  readonly at: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly deadLettered: number;
  readonly waiting: number;
}

/** The part of JSON Schema that the catalogue uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly examples?: readonly Json[];
  readonly enum?: readonly Json[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly writeOnly?: boolean;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
}

export interface RateWindow {
  readonly requests: number;
  readonly perSeconds: number;
}

export interface ClientSettings {
  readonly title: string;
  readonly code: string;
  readonly note?: string;
}

export interface Dialect {
  readonly name: string;
  readonly title: string;
  readonly credentialsSchema: Schema;
  readonly sample: {
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: JsonObject;
  };
  readonly clients: readonly ClientSettings[];
  readonly routes: readonly {
    readonly method: string;
    readonly path: string;
    readonly summary: string;
    readonly maxBodyBytes: number;
    readonly rateLimit: readonly RateWindow[];
  }[];
}

export interface DestinationType {
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly configSchema: Schema;
  readonly credentialsSchema: Schema;
  readonly defaults: JsonObject;
  readonly limits: { readonly maxEvents: number; readonly maxBytes: number };
}

export type ShownCredential = string | { readonly set: true; readonly hint?: string };

export interface Source {
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  readonly credentials: Readonly<Record<string, ShownCredential>>;
  readonly rateLimit?: RateWindow | readonly RateWindow[] | null;
  readonly retiringUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface Destination {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly credentials: Readonly<Record<string, ShownCredential>>;
  readonly match: JsonObject;
  readonly transform: JsonObject;
  readonly batch: { readonly maxEvents: number; readonly maxBytes: number; readonly maxWaitMs: number };
  readonly rateLimit: RateWindow | readonly RateWindow[] | null;
  readonly retry: JsonObject;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly ordering: 'none' | 'per_user';
  readonly maxQueuedBytes: number | null;
  readonly paused: boolean;
  readonly pauseReason: 'admin' | 'credentials_missing' | null;
  readonly retiringUntil: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The canonical event. */
export interface GatewayEvent {
  readonly id: string;
  readonly type: 'track' | 'identify';
  readonly event: string;
  readonly user_id: string | null;
  readonly anonymous_id: string | null;
  readonly timestamp: string;
  readonly received_at: string;
  readonly source: { readonly id: string; readonly dialect: string };
  readonly identity?: Readonly<Record<string, Json>>;
}

export interface Received {
  readonly sourceId: string;
  readonly dialect: string;
  readonly route: string;
  readonly requestId: string;
  readonly at: string;
  readonly segmentId: string;
}

export interface Attempt {
  readonly at: string;
  readonly key: string;
  readonly status?: number;
  readonly code: string;
  readonly outcome: string;
  readonly tookMs: number;
  readonly note?: string;
  readonly shortfall?: number;
}

export interface DestinationTrace {
  readonly destinationId: string;
  readonly matched: boolean;
  readonly rule?: string;
  readonly state?: string;
  readonly reason?: { readonly code: string; readonly detail: string };
  readonly attempts: readonly Attempt[];
  readonly nextAttemptAt?: string;
  readonly heldBy?: string;
}

export interface EventTrace {
  readonly event: GatewayEvent;
  readonly received: Received;
  readonly destinations: readonly DestinationTrace[];
}

export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

export interface LostField {
  readonly field: string;
  readonly reason: string;
}

export interface Rehearsal {
  readonly id: string;
  readonly requests: readonly ShownRequest[];
  readonly lost: readonly LostField[];
  readonly unsendable: readonly { readonly index: number; readonly code: string; readonly detail: string }[];
}

export interface InspectedEvent {
  readonly event: GatewayEvent;
  readonly received: Received;
  readonly item: Json;
  readonly destinations: readonly Rehearsal[];
}

export interface Preview {
  readonly events: readonly GatewayEvent[];
  readonly rejected: readonly {
    readonly index: number;
    readonly code: string;
    readonly detail: string;
    readonly pointer?: string;
  }[];
  readonly refusal?: { readonly status: number; readonly body: string };
  readonly destinations: readonly (Rehearsal & { readonly matched: boolean; readonly rule?: string })[];
}

export interface TestResult {
  readonly request: ShownRequest | null;
  readonly response: { readonly status: number; readonly body: string } | null;
  readonly outcome: { readonly kind: string; readonly code?: string; readonly detail?: string };
}

export interface DeadLetter {
  readonly id: string;
  readonly destinationId: string;
  readonly event: GatewayEvent;
  readonly reason: { readonly code: string; readonly detail: string };
  readonly lastResponse: { readonly status: number; readonly body: string } | null;
  readonly attempts: number;
  readonly at: string;
}

export interface DeadLetterGroup {
  readonly destinationId: string;
  readonly code: string;
  readonly count: number;
  /** False: there may be more of the kind. */
  readonly exact: boolean;
  readonly detail: string;
  readonly newestAt: string;
  readonly oldestAt: string;
}

export interface DeadLetterGroups extends Page<DeadLetterGroup> {
  readonly counted: number;
  readonly kept: number;
}

export interface Rejection {
  readonly requestId: string;
  readonly sourceId: string | null;
  readonly dialect: string;
  readonly route: string;
  readonly at: string;
  readonly status: number;
  readonly index: number;
  readonly code: string;
  readonly detail: string;
  readonly name?: string;
}

export interface ReplayOrder {
  readonly destinationId: string;
  readonly from: 'dead-letters' | 'history';
  readonly code?: string;
  readonly since?: string;
  readonly until?: string;
  readonly where?: JsonObject;
  readonly rate?: number;
  readonly dryRun?: boolean;
}

export interface Replay {
  readonly id: string;
  readonly state: 'counting' | 'running' | 'done' | 'cancelled';
  readonly destinationId: string;
  readonly from: 'dead-letters' | 'history';
  readonly dryRun: boolean;
  readonly matched: number | null;
  readonly queued: number;
  readonly settled: number;
  readonly deadLettered: number;
  readonly createdAt: string;
}
