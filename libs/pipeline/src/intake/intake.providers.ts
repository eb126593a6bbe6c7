import { randomBytes } from 'node:crypto';
import type { Provider } from '@nestjs/common';
import { Environment, Log, Metrics, RedisConnections } from '#platform';
import { LeasedRequestLimiter } from '../limits/request-limiter.js';
import { RedisPulse } from '../redis-pulse.js';
import { RejectionStore } from '../rejections/rejection-store.js';
import { RouteWakeup } from '../route-wakeup.js';
import { IntakeService } from './intake.service.js';
import { QueuedBudget } from './queued-budget.js';
import { SourceCounts } from './source-counts.js';

/** What takes events in, and what bounds them. */
export const intakeProviders: Provider[] = [
  {
    provide: RedisPulse,
    useFactory: (redis: RedisConnections, metrics: Metrics) => {
      const written = metrics.histogram('gateway_redis_write_seconds', 'One small write to Redis, tried every second.');
      return new RedisPulse(redis, randomBytes(8).toString('hex'), (tookMs) => written.observe(tookMs / 1_000));
    },
    inject: [RedisConnections, Metrics],
  },
  {
    provide: QueuedBudget,
    useFactory: (redis: RedisConnections, environment: Environment) =>
      new QueuedBudget(redis, environment.maxQueuedBytes),
    inject: [RedisConnections, Environment],
  },
  { provide: RouteWakeup, useFactory: (redis: RedisConnections) => new RouteWakeup(redis), inject: [RedisConnections] },
  {
    provide: SourceCounts,
    useFactory: (redis: RedisConnections, log: Log) => new SourceCounts(redis, log.child({ component: 'intake' })),
    inject: [RedisConnections, Log],
  },
  {
    provide: IntakeService,
    useFactory: (
      redis: RedisConnections,
      pulse: RedisPulse,
      budget: QueuedBudget,
      wakeup: RouteWakeup,
      metrics: Metrics,
      counts: SourceCounts,
    ) => {
      const appended = metrics.histogram('gateway_append_seconds', 'Making one segment of accepted events durable.');
      return new IntakeService(redis, pulse, budget, (shard, tookMs, requests) => {
        appended.observe(tookMs / 1_000);
        counts.add(requests);
        wakeup.notify(shard);
      });
    },
    inject: [RedisConnections, RedisPulse, QueuedBudget, RouteWakeup, Metrics, SourceCounts],
  },
  {
    provide: RejectionStore,
    useFactory: (redis: RedisConnections, pulse: RedisPulse, log: Log) =>
      new RejectionStore(redis, pulse, log.child({ component: 'rejections' })),
    inject: [RedisConnections, RedisPulse, Log],
  },
  {
    provide: LeasedRequestLimiter,
    useFactory: (redis: RedisConnections) => new LeasedRequestLimiter(redis),
    inject: [RedisConnections],
  },
];
