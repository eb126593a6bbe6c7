import type { JsonObject } from '#canonical';
import type { BatchSettings, ConnectorSettings, RateWindow, RetrySettings } from '#destinations';

/** One window, or several that hold together. */
export type RateLimit = RateWindow | readonly RateWindow[];

/** What an admin says about a source; credentials are apart. */
export interface SourceSettings {
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  /** Absent: the dialect's documented limit. Null: none. */
  readonly rateLimit?: RateLimit | null;
}

/** What an admin says about a destination; credentials are apart. What is absent has the type's default. */
export interface DestinationSettings {
  readonly name: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly match?: Match;
  readonly transform?: Transform;
  readonly batch?: Partial<BatchSettings>;
  /** Null: none. */
  readonly rateLimit?: RateLimit | null;
  readonly retry?: Partial<RetrySettings>;
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  readonly ordering?: Ordering;
  readonly maxQueuedBytes?: number | null;
}

/** A configured sender. Credentials are in clear: lives in memory only. */
export interface Source {
  /** `[A-Za-z0-9_-]{1,64}` */
  readonly id: string;
  readonly name: string;
  readonly dialect: string;
  readonly enabled: boolean;
  readonly credentials: Readonly<Record<string, string>>;
  /** Credentials that a rotation replaced, good until then (milliseconds since 1970). */
  readonly retiring: readonly { readonly credentials: Readonly<Record<string, string>>; readonly until: number }[];
  /** Absent: the dialect's documented limit. Null: none. */
  readonly rateLimit?: readonly RateWindow[] | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Which events a destination wants. An absent member matches all. */
export interface Match {
  readonly sources?: readonly string[];
  readonly dialects?: readonly string[];
  /** Globs on the event name. */
  readonly events?: readonly string[];
  /** A MongoDB-like condition over dotted paths of the canonical event. */
  readonly where?: JsonObject;
}

export interface Transform {
  readonly renameEvents?: Readonly<Record<string, string>>;
  readonly renameProperties?: Readonly<Record<string, string>>;
  /** Globs on property names. */
  readonly dropProperties?: readonly string[];
  /** Globs on property names. */
  readonly hashProperties?: readonly string[];
  /** `user_id`, `anonymous_id` or members of `identity`. */
  readonly hashIdentity?: readonly string[];
  readonly setProperties?: JsonObject;
}

export type Ordering = 'none' | 'per_user';

/** Why a destination holds its events: an admin's pause, or a credential that an import could not bring along. */
export type PauseReason = 'admin' | 'credentials_missing';

/** A configured receiver. Credentials are in clear: lives in memory only. */
export interface Destination {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly config: JsonObject;
  readonly credentials: Readonly<Record<string, string>>;
  /** A signing secret that a rotation replaced; both sign until then (milliseconds since 1970). */
  readonly retiring?: { readonly credentials: Readonly<Record<string, string>>; readonly until: number };
  readonly match: Match;
  readonly transform: Transform;
  readonly batch: BatchSettings;
  readonly rateLimit: readonly RateWindow[];
  readonly retry: RetrySettings;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly ordering: Ordering;
  readonly maxQueuedBytes: number | null;
  readonly paused: PauseReason | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a connector gets to see; a retiring signing secret rides along as `previousSigningSecret`. */
export function connectorSettings(destination: Destination, now: number): ConnectorSettings {
  const { config, credentials, retiring } = destination;
  if (!retiring || retiring.until <= now || retiring.credentials.signingSecret === undefined)
    return { config, credentials };
  return { config, credentials: { ...credentials, previousSigningSecret: retiring.credentials.signingSecret } };
}

/**
 * The configuration as this process knows it: a snapshot in memory, at most a second behind the store.
 * Reading never waits.
 */
export abstract class Configuration {
  /** False until the first load. */
  abstract get loaded(): boolean;
  abstract get sources(): ReadonlyMap<string, Source>;
  abstract get destinations(): ReadonlyMap<string, Destination>;
  /**
   * Ids of stored destinations that this process cannot read: of a type that it does not have, or sealed with a key that
   * it does not know. Another process may.
   */
  abstract get unreadableDestinations(): ReadonlySet<string>;
  abstract source(dialect: string, token: string): { readonly source: Source; readonly grant: string } | undefined;
  /** Of all that are stored, those that this process cannot read included. */
  destinationIds(): readonly string[] {
    return [...this.destinations.keys(), ...this.unreadableDestinations];
  }
  /**
   * Takes up what the store holds at this moment; rejects where it does not answer. An id that is then neither among the
   * destinations nor unreadable is deleted: before, it may be one that this process has yet to hear of.
   */
  abstract refresh(): Promise<unknown>;
  /** Called after every change with the new snapshot in place; returns how to stop listening. */
  abstract onChange(listener: () => void): () => void;
}
