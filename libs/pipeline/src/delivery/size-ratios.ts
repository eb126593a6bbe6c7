import type { Destination } from '#control-plane';

/** What a single odd batch may make of the next ones. */
const MOST = 4;
/** How much of its way down a ratio goes with each smaller request. */
const DOWN = 0.1;

/**
 * How much larger a destination's requests are than was estimated when their events were routed, before anybody had
 * written them in its form. Batches are filled with that in mind: one that comes out too large is cut and written again.
 * Up at once, therefore, and down slowly.
 */
export class SizeRatios {
  private readonly ratios = new WeakMap<Destination, number>();

  /** 1 or more. */
  of(destination: Destination): number {
    return this.ratios.get(destination) ?? 1;
  }

  observe(destination: Destination, estimatedBytes: number, bytes: number): void {
    const ratio = Math.min(Math.max(bytes / Math.max(estimatedBytes, 1), 1), MOST);
    const known = this.of(destination);
    this.ratios.set(destination, Math.max(ratio, known + (ratio - known) * DOWN));
  }
}
