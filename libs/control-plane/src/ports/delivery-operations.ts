import type { CanonicalEvent } from '#canonical';

export type BreakerState = 'closed' | 'open' | 'half_open';

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
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** What admins may ask of the deliveries. The pipeline implements it. */
export abstract class DeliveryOperations {
  abstract stats(destinationId: string): Promise<DestinationStats>;
  /** Settles everything that waits for the destination and forgets its dead letters and counters. */
  abstract discard(destinationId: string): Promise<void>;
  /** Newest first. */
  abstract listDeadLetters(query: DeadLetterQuery): Promise<Page<DeadLetter>>;
  /** False: there is none with this id. */
  abstract discardDeadLetter(id: string): Promise<boolean>;
}
