import type { Configuration } from '#control-plane';
import type { Metrics, RedisConnections } from '#platform';
import type { QueuedBudget } from './intake/queued-budget.js';
import { ALL_SHARDS, destinationKeys, shardKeys } from './keys.js';

/** What waits, as a scrape sees it. */
export function declareQueueGauges(
  metrics: Metrics,
  redis: RedisConnections,
  budget: QueuedBudget,
  configuration: Configuration,
): void {
  metrics.gauge(
    'gateway_queued_bytes',
    'Bytes of events that some destination has not settled, as stored.',
    [],
    (gauge) => gauge.set(budget.queuedBytes),
  );
  metrics.gauge('gateway_queued_bytes_limit', 'MAX_QUEUED_BYTES.', [], (gauge) => gauge.set(budget.maxBytes));
  metrics.gauge('gateway_unrouted_segments', 'Segments that wait to be fanned out.', [], async (gauge) => {
    const counts = await Promise.all(ALL_SHARDS.map((shard) => redis.shared.zcard(shardKeys.unrouted(shard))));
    gauge.set(counts.reduce((sum, count) => sum + count, 0));
  });
  metrics.gauge('gateway_history_bytes', 'Bytes of settled events kept for trace and replay.', [], async (gauge) => {
    const bytes = await Promise.all(ALL_SHARDS.map((shard) => redis.shared.hget(shardKeys.counters(shard), 'hbytes')));
    gauge.set(bytes.reduce((sum, value) => sum + Number(value ?? 0), 0));
  });
  declareDestinationGauges(metrics, redis, configuration);
}

function declareDestinationGauges(metrics: Metrics, redis: RedisConnections, configuration: Configuration): void {
  const fields = ['pending', 'open', 'dead', 'breakerSince'] as const;
  const states = async () =>
    Promise.all(
      [...configuration.destinations.keys()].map(async (destination) => ({
        destination,
        values: await redis.shared.hmget(destinationKeys.state(destination), ...fields),
      })),
    );
  metrics.gauge('gateway_queued_events', 'Events a destination has not settled.', ['destination'], async (gauge) => {
    gauge.reset();
    for (const { destination, values } of await states()) {
      gauge.set({ destination }, Number(values[0] ?? 0) + Number(values[1] ?? 0));
    }
  });
  metrics.gauge('gateway_dead_letters', 'Dead letters kept.', ['destination'], async (gauge) => {
    gauge.reset();
    for (const { destination, values } of await states()) gauge.set({ destination }, Number(values[2] ?? 0));
  });
  metrics.gauge(
    'gateway_breaker_open',
    '1 while the breaker of a destination is open.',
    ['destination'],
    async (gauge) => {
      gauge.reset();
      for (const { destination, values } of await states()) gauge.set({ destination }, values[3] === null ? 0 : 1);
    },
  );
}
