import type { Happening } from '../../support/index.js';

/** An event as it was sent for the first time. */
export interface Sent {
  readonly happening: Happening;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What one client heard of one event. */
export interface Entry {
  readonly dialect: string;
  /** Milliseconds since 1970, of the answer that took it. */
  readonly acknowledgedAt: number;
  /** The request had been sent before, and nobody knows what became of that. */
  readonly repeated: boolean;
}

/** Whose events may be gone, wherever they were, and up to when they had been sent. */
export interface Forgotten {
  readonly user: string;
  /** Milliseconds since 1970, of the answer to the order; nobody knows which events that were sent before it was about. */
  until: number;
}

/** Every event that was sent, and every one that was acknowledged. */
export class Ledger {
  /** By mark. Each user's in the order of acceptance: whoever sends them has one connection and waits for every answer. */
  readonly sent = new Map<string, Sent>();
  readonly acknowledged = new Map<string, Entry>();
  /** Answers that no client of a vendor expects. */
  readonly wrongAnswers: string[] = [];
  forgotten: Forgotten | undefined;
  requests = 0;
  /** Requests that were answered 503 or 429, or not at all. */
  refusals = 0;
  /** The longest time without a single acknowledgement, while somebody was asking for one. In milliseconds. */
  longestClosedMs = 0;
  private lastAt = Date.now();

  send(happenings: readonly Happening[], at = Date.now()): void {
    for (const happening of happenings) this.sent.set(happening.mark, { happening, at });
  }

  acknowledge(marks: readonly string[], entry: Entry): void {
    for (const mark of marks) this.acknowledged.set(mark, entry);
    this.longestClosedMs = Math.max(this.longestClosedMs, entry.acknowledgedAt - this.lastAt);
    this.lastAt = entry.acknowledgedAt;
  }

  /** Whether an erasure may have taken the event out. */
  mayBeErased(mark: string): boolean {
    const sent = this.sent.get(mark);
    if (!sent || sent.happening.user !== this.forgotten?.user) return false;
    return sent.at <= this.forgotten.until;
  }
}
