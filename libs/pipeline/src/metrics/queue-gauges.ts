import type { Metrics, RedisConnections } from '#platform';
import type { QueuedBudget } from '../intake/queued-budget.js';
import { ALL_SHARDS, shardKeys } from '../keys.js';

/** What waits in all, as a scrape sees it. */
export function declareQueueGauges(metrics: Metrics, redis: RedisConnections, budget: QueuedBudget): void {
  metrics.gauge(
    'gateway_queued_bytes',
    'Bytes of events that some destination has not settled, as stored.',
    [],
    (gauge) => gauge.set(budget.queuedBytes),
  );
  metrics.gauge('gateway_queued_bytes_limit', 'MAX_QUEUED_BYTES.', [], (gauge) => gauge.set(budget.maxBytes));
  metrics.gauge('gateway_shedding', '1 while every ingest request is shed.', [], (gauge) =>
    gauge.set(budget.shedding() ? 1 : 0),
  );
  metrics.gauge('gateway_unrouted_segments', 'Segments that wait to be fanned out.', [], async (gauge) => {
    const counts = await Promise.all(ALL_SHARDS.map((shard) => redis.shared.zcard(shardKeys.unrouted(shard))));
    gauge.set(counts.reduce((sum, count) => sum + count, 0));
  });
  metrics.gauge('gateway_history_bytes', 'Bytes of settled events kept for trace and replay.', [], async (gauge) => {
    const bytes = await Promise.all(ALL_SHARDS.map((shard) => redis.shared.hget(shardKeys.counters(shard), 'hbytes')));
    gauge.set(bytes.reduce((sum, value) => sum + Number(value ?? 0), 0));
  });
}
