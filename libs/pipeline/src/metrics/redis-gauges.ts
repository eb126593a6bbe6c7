import type { Metrics } from '#platform';
import type { QueuedBudget } from '../intake/queued-budget.js';
import type { RedisPulse } from '../redis-pulse.js';

/** How Redis is, as this process sees it. */
export function declareRedisGauges(metrics: Metrics, pulse: RedisPulse, budget: QueuedBudget): void {
  metrics.gauge('gateway_redis_up', '1 while Redis takes writes.', [], (gauge) => gauge.set(pulse.healthy ? 1 : 0));
  metrics.gauge(
    'gateway_redis_memory_fill_ratio',
    'How full the fullest master is, 1 being its maxmemory; 0 without a bound.',
    [],
    (gauge) => gauge.set(budget.memoryFill),
  );
  metrics.gauge('gateway_redis_clock_offset_seconds', "Redis' clock minus this process' clock.", [], (gauge) =>
    gauge.set((pulse.now() - Date.now()) / 1_000),
  );
}
