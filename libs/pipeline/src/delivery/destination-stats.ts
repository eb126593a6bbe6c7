import type { Destination, DestinationStats } from '#control-plane';
import { markOf } from './asks-another.js';

/** The destination's hash of that name; every field of it may be absent. */
type State = Readonly<Record<string, string | undefined>>;

/** `now` in milliseconds since 1970. */
export function readStats(state: State, destination: Destination | undefined, now: number): DestinationStats {
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
    heldBy: heldBy(state, destination, now),
  };
}

/** What keeps its events from being sent, the strongest first; null: nothing. */
export function heldBy(
  { deadFull, holdUntil, holdOf, breakerCode }: State,
  destination: Destination | undefined,
  now: number,
): string | null {
  if (destination?.paused) return `paused: ${destination.paused}`;
  if (deadFull === '1') return 'dead_letters_full';
  // A former address or account asks for nothing any more.
  const isAsked = holdOf === undefined || !destination || markOf(destination) === holdOf;
  if (isAsked && Number(holdUntil ?? 0) > now) return `retry_after: ${new Date(Number(holdUntil)).toISOString()}`;
  return breakerCode ? `breaker: ${breakerCode}` : null;
}

function isoTime(ms: string | undefined): string | null {
  return ms === undefined ? null : new Date(Number(ms)).toISOString();
}
