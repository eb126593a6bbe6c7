import type { DestinationStats } from '#control-plane';

/** `state` is the destination's hash of that name; every field of it may be absent. */
export function readStats(state: Readonly<Record<string, string>>): DestinationStats {
  const count = (field: string): number => Math.max(0, Number(state[field] ?? 0));
  const { breakerSince, breakerCode, probeAt, lastError } = state;
  return {
    delivered: count('delivered') + count('duplicate'),
    waiting: count('pending') + count('open') + count('unjudged'),
    retrying: count('retrying'),
    deadLettered: count('dead'),
    lastError: lastError === undefined ? null : (JSON.parse(lastError) as DestinationStats['lastError']),
    breaker: {
      state: breakerSince === undefined ? 'closed' : 'open',
      code: breakerCode ?? null,
      since: isoTime(breakerSince),
      nextProbeAt: isoTime(probeAt),
    },
  };
}

function isoTime(ms: string | undefined): string | null {
  return ms === undefined ? null : new Date(Number(ms)).toISOString();
}
