/** Bytes of request bodies that one process holds at most, received and decompressed ones alike: 256 MiB. */
export const MAX_IN_FLIGHT_BYTES = 256 * 1024 * 1024;

/** Counts what requests hold in memory, unauthenticated ones included, so that no crowd of them can fill it. */
export class InFlightBudget {
  private heldBytes = 0;

  constructor(private readonly maxBytes: number = MAX_IN_FLIGHT_BYTES) {}

  get bytes(): number {
    return this.heldBytes;
  }

  lease(): InFlightLease {
    return new InFlightLease(this);
  }

  /** False, and nothing taken, if the budget would be exceeded. */
  take(bytes: number): boolean {
    if (this.heldBytes + bytes > this.maxBytes) return false;
    this.heldBytes += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.heldBytes -= bytes;
  }
}

/** One request's share. Must be released exactly when the request's bytes are no longer needed. */
export class InFlightLease {
  private bytes = 0;

  constructor(private readonly budget: InFlightBudget) {}

  take(bytes: number): boolean {
    if (!this.budget.take(bytes)) return false;
    this.bytes += bytes;
    return true;
  }

  release(): void {
    this.budget.giveBack(this.bytes);
    this.bytes = 0;
  }
}
