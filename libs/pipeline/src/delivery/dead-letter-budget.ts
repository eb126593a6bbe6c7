import type { RedisConnections } from '#platform';

/** Dead letters one destination may keep, in bytes. */
const MAX_BYTES_EACH = 256 * 1024 * 1024;
/** All destinations together, where Redis has no bound of its own. */
const DEFAULT_BYTES = 1024 ** 3;
/** Of what Redis may use, for all destinations together. */
const SHARE_OF_MEMORY = 0.1;

/**
 * How many bytes of dead letters each destination may keep; one that has more is held, nothing is dropped. Whoever needs
 * space first may take all there is, and everybody may have an equal part at any time: so together they take less than
 * twice the share of memory that is theirs, and a destination full of dead letters holds up no other.
 */
export class DeadLetterBudget {
  private maxBytes = DEFAULT_BYTES;
  private readonly bytes = new Map<string, number>();
  private total = 0;

  constructor(private readonly redis: RedisConnections) {}

  /** Asks Redis for its bound; one that is gone would hold destinations for good. */
  async askBound(): Promise<void> {
    const { boundBytes } = await this.redis.memory();
    this.maxBytes = boundBytes === 0 ? DEFAULT_BYTES : Math.floor(boundBytes * SHARE_OF_MEMORY);
  }

  /** What a destination keeps, as it was seen last. */
  note(destinationId: string, bytes: number): void {
    this.total += bytes - (this.bytes.get(destinationId) ?? 0);
    this.bytes.set(destinationId, bytes);
  }

  /** Forgets the destinations that are gone. */
  keepOnly(destinations: ReadonlyMap<string, unknown>): void {
    for (const [id, bytes] of this.bytes) {
      if (destinations.has(id)) continue;
      this.total -= bytes;
      this.bytes.delete(id);
    }
  }

  allowance(destinationId: string): number {
    const others = this.total - (this.bytes.get(destinationId) ?? 0);
    const equalPart = Math.floor(this.maxBytes / Math.max(1, this.bytes.size));
    return Math.min(MAX_BYTES_EACH, Math.max(this.maxBytes - others, equalPart));
  }

  isFull(destinationId: string): boolean {
    return (this.bytes.get(destinationId) ?? 0) >= this.allowance(destinationId);
  }
}
