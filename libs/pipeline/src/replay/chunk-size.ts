import type { Destination } from '#control-plane';

/** A chunk is about a batch of the destination, within these: a smaller one is not worth the writing of it. */
const MIN_EVENTS_AT_ONCE = 100;
const MAX_EVENTS_AT_ONCE = 1_000;

/** How many events make a chunk. */
export interface ChunkSize {
  readonly most: number;
  /** No chunk is larger, even where that divides a segment. */
  readonly exact: boolean;
}

/** At most a second's worth where the replay has a rate: it is kept by the second, not on the average. */
export function chunkSize({ batch }: Destination, rate: number | undefined): ChunkSize {
  const usual = Math.min(MAX_EVENTS_AT_ONCE, Math.max(MIN_EVENTS_AT_ONCE, batch.maxEvents));
  if (rate === undefined) return { most: usual, exact: false };
  return { most: Math.max(1, Math.min(usual, Math.floor(rate))), exact: true };
}
