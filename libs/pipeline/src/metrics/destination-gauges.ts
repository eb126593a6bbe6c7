import type { Metrics } from '#platform';
import type { DestinationStandings, Standing } from './destination-standings.js';
import { setLargest } from './destination-labels.js';

const BY_DESTINATION = ['destination'] as const;

/** What waits for whom, and since when. */
export function declareDestinationGauges(metrics: Metrics, standings: DestinationStandings): void {
  metrics.gauge('gateway_queued_events', 'Events a destination has not settled.', BY_DESTINATION, async (gauge) =>
    setLargest(
      gauge,
      (await standings.look()).map(({ destinationId, queued }) => [destinationId, queued]),
    ),
  );
  metrics.gauge(
    'gateway_oldest_waiting_seconds',
    'Time since the oldest event that a destination has not settled was accepted.',
    BY_DESTINATION,
    async (gauge) =>
      setLargest(
        gauge,
        (await standings.look()).map(({ destinationId, oldestAt }) => [destinationId, ageSeconds(oldestAt)]),
        (rest) => Math.max(0, ...rest),
      ),
  );
  metrics.gauge('gateway_dead_letters', 'Dead letters kept.', BY_DESTINATION, async (gauge) =>
    setLargest(
      gauge,
      (await standings.look()).map(({ destinationId, deadLetters }) => [destinationId, deadLetters]),
    ),
  );
  metrics.gauge(
    'gateway_breaker_open',
    '1 while the breaker of a destination is open.',
    BY_DESTINATION,
    async (gauge) =>
      setLargest(
        gauge,
        (await standings.look()).map(({ destinationId, breakerOpen }) => [destinationId, breakerOpen ? 1 : 0]),
      ),
  );
  metrics.gauge(
    'gateway_destination_paused',
    '1 while a destination is paused, by an admin or for want of credentials.',
    BY_DESTINATION,
    async (gauge) =>
      setLargest(
        gauge,
        (await standings.look()).map(({ destinationId, paused }) => [destinationId, paused ? 1 : 0]),
      ),
  );
  metrics.gauge('gateway_destinations', 'Configured destinations, by state.', ['state'], async (gauge) => {
    const states = (await standings.look()).map(stateOf);
    for (const state of ['flowing', 'paused', 'breaker_open'] as const) {
      gauge.set({ state }, states.filter((one) => one === state).length);
    }
  });
}

function stateOf({ paused, breakerOpen }: Standing): 'flowing' | 'paused' | 'breaker_open' {
  if (paused) return 'paused';
  return breakerOpen ? 'breaker_open' : 'flowing';
}

function ageSeconds(atMs: number | undefined): number {
  // The smallest age still counts as waiting: the accepting process' clock may be ahead of this one's.
  return atMs === undefined ? 0 : Math.max(1, Date.now() - atMs) / 1_000;
}
