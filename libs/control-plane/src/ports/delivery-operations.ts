import type { CanonicalEvent } from '#canonical';

export type BreakerState = 'closed' | 'open';

/** Counted in events. */
export interface DestinationStats {
  readonly delivered: number;
  /** Accepted and not settled yet, those in retry included. */
  readonly waiting: number;
  readonly retrying: number;
  readonly deadLettered: number;
  readonly lastError: { readonly code: string; readonly detail: string; readonly at: string } | null;
  readonly breaker: {
    readonly state: BreakerState;
    readonly code: string | null;
    /** ISO 8601. */
    readonly since: string | null;
    readonly nextProbeAt: string | null;
  };
  /**
   * Why nothing is sent at this moment, as a trace words it: `paused: <reason>`, `dead_letters_full`,
   * `retry_after: <ISO 8601>` or `breaker: <code>`. Null: nothing holds it.
   */
  readonly heldBy: string | null;
}

export interface DeadLetter {
  readonly id: string;
  readonly destinationId: string;
  readonly event: CanonicalEvent;
  readonly reason: { readonly code: string; readonly detail: string };
  readonly lastResponse: { readonly status: number; readonly body: string } | null;
  readonly attempts: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque to the caller; null on the last page. */
  readonly next: string | null;
}

export interface DeadLetterQuery {
  readonly destinationId?: string;
  /** With this reason only. */
  readonly code?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** The dead letters of one destination that share a reason: usually one cause and one cure. */
export interface DeadLetterGroup {
  readonly destinationId: string;
  readonly code: string;
  readonly count: number;
  /** False: the destination has more dead letters than were looked at, so there may be more of the kind. */
  readonly exact: boolean;
  /** Of the newest one. */
  readonly detail: string;
  /** ISO 8601. */
  readonly newestAt: string;
  readonly oldestAt: string;
}

export interface DeadLetterGroups {
  /** The largest first. */
  readonly groups: readonly DeadLetterGroup[];
  /** Dead letters looked at, the newest of each destination. */
  readonly counted: number;
  /** Dead letters there are. */
  readonly kept: number;
}

export interface DiscardedLetters {
  readonly discarded: number;
  /** True: there may be others left, asking again goes on. */
  readonly more: boolean;
}

/** What admins may ask of the deliveries. The pipeline implements it. */
export abstract class DeliveryOperations {
  abstract stats(destinationId: string): Promise<DestinationStats>;
  /**
   * Settles everything that waits for a deleted destination and forgets its dead letters and counters. `createdAt`
   * (ms): of the one that was deleted; one that was created under its id later and has got events keeps all of it: then
   * resolves to false.
   */
  abstract discard(destinationId: string, createdAt: number): Promise<boolean>;
  /** Newest first. */
  abstract listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>>;
  /** Counted by reason, of one destination or of all. */
  abstract groupDeadLetters(destinationId: string | undefined): Promise<DeadLetterGroups>;
  /** All of a destination that have this reason, as far as one call gets. */
  abstract discardDeadLetters(destinationId: string, code: string): Promise<DiscardedLetters>;
  /** False: there is none with this id. */
  abstract discardDeadLetter(id: string): Promise<boolean>;
}
