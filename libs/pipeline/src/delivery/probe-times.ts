import type { RetrySettings } from '#destinations';

/** An open breaker asks at least this often whether the destination is back, in milliseconds. */
const MAX_PROBE_MS = 10_000;
/** The last part of that time is left to what has failed before: it asks only where nothing else does. */
const LEFT_TO_FAILED = 0.1;

/** In milliseconds. */
export interface ProbeTimes {
  /** After a probe, from when on the next may be made. */
  readonly probeMs: number;
  /** How much later by a batch that has failed. */
  readonly laterMs: number;
  /** How long what has failed as a probe leaves its place to others: until the next probe was made. */
  readonly restMs: number;
}

export function probeTimes({ maxDelayMs }: RetrySettings): ProbeTimes {
  const mostMs = Math.min(MAX_PROBE_MS, maxDelayMs);
  const laterMs = Math.floor(mostMs * LEFT_TO_FAILED);
  return { probeMs: mostMs - laterMs, laterMs, restMs: Math.ceil(mostMs * 1.5) };
}
