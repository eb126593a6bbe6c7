import type { InboundResponse } from './connector.js';

/** Longer rests than this are not believed, in milliseconds. */
const MAX_REST_MS = 120_000;

/**
 * `RateLimit-Remaining` and `RateLimit-Reset` (seconds) as Klaviyo sends them: nothing left means resting until the
 * window ends.
 */
export function restUntilReset({ headers }: InboundResponse): number | undefined {
  const remaining = Number(headers['ratelimit-remaining']);
  const resetSeconds = Number(headers['ratelimit-reset']);
  if (headers['ratelimit-remaining'] === undefined || !(remaining <= 0) || !(resetSeconds > 0)) return undefined;
  return Math.min(Math.ceil(resetSeconds * 1_000), MAX_REST_MS);
}
