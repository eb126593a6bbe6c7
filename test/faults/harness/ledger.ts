/** What one client heard of one event. */
export interface Entry {
  readonly dialect: string;
  /** Milliseconds since 1970, of the answer that took it. */
  readonly acknowledgedAt: number;
  /** The request had been sent before, and nobody knows what became of that. */
  readonly repeated: boolean;
}

/** Every event that was sent, and every one that was acknowledged. */
export class Ledger {
  readonly sent = new Set<string>();
  readonly acknowledged = new Map<string, Entry>();
  /** Answers that no client of a vendor expects. */
  readonly wrongAnswers: string[] = [];
  requests = 0;
  /** Requests that were answered 503 or 429, or not at all. */
  refusals = 0;
  /** The longest time without a single acknowledgement, while somebody was asking for one. In milliseconds. */
  longestClosedMs = 0;
  private lastAt = Date.now();

  acknowledge(marks: readonly string[], entry: Entry): void {
    for (const mark of marks) this.acknowledged.set(mark, entry);
    this.longestClosedMs = Math.max(this.longestClosedMs, entry.acknowledgedAt - this.lastAt);
    this.lastAt = entry.acknowledgedAt;
  }
}
