import type { Provider } from '@nestjs/common';
import { Configuration, DeletedDestinations, DeliveryOperations } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import { Environment, Log, Metrics, OutgoingHttp, RedisConnections, Tracing } from '#platform';
import { affordableHistoryBytes, HistoryKeeper } from '../history/history-keeper.js';
import { NaturalKeyBound } from '../intake/natural-key-bound.js';
import { QueuedBudget } from '../intake/queued-budget.js';
import { DeliveryMetrics } from '../metrics/delivery-metrics.js';
import { RedisPulse } from '../redis-pulse.js';
import { Ledger } from '../routing/ledger.js';
import { EventDecoder } from '../segment/event-decoder.js';
import { SegmentStore } from '../segment/segment-store.js';
import { DeliveryEngine } from './delivery-engine.js';
import { DestinationOperations } from './destination-operations.js';
import { DestinationTester } from './destination-tester.js';
import { Leftovers } from './leftovers.js';

/** What keeps segments and carries them to destinations. */
export const deliveryProviders: Provider[] = [
  {
    provide: SegmentStore,
    useFactory: (redis: RedisConnections, decoder: EventDecoder) => new SegmentStore(redis, decoder),
    inject: [RedisConnections, EventDecoder],
  },
  {
    provide: Ledger,
    useFactory: (redis: RedisConnections, budget: QueuedBudget) =>
      new Ledger(redis, (shard, bytes) => budget.report(shard, bytes)),
    inject: [RedisConnections, QueuedBudget],
  },
  {
    provide: HistoryKeeper,
    useFactory: async (redis: RedisConnections, environment: Environment, log: Log) => {
      const { historyMaxBytes: wantedBytes, historyMaxAgeSeconds: maxAgeSeconds } = environment;
      const maxBytes = affordableHistoryBytes(await redis.memory(), wantedBytes);
      if (maxBytes < wantedBytes) log.warn({ wantedBytes, maxBytes }, "history is bounded by Redis' maxmemory");
      return new HistoryKeeper(redis, { maxBytes: wantedBytes, maxAgeSeconds });
    },
    inject: [RedisConnections, Environment, Log],
  },
  {
    provide: DeliveryEngine,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      connectors: ConnectorRegistry,
      segments: SegmentStore,
      ledger: Ledger,
      history: HistoryKeeper,
      pulse: RedisPulse,
      http: OutgoingHttp,
      metrics: Metrics,
      tracing: Tracing,
      log: Log,
      environment: Environment,
    ) => {
      const ownLog = log.child({ component: 'delivery' });
      const deliveryMetrics = new DeliveryMetrics(metrics, ownLog);
      const keepers = [history, new NaturalKeyBound(redis, metrics, ownLog)];
      const parts = { redis, configuration, connectors, segments, ledger, keepers, pulse, http, tracing };
      const { deadLetterMaxAgeSeconds } = environment;
      return new DeliveryEngine({ ...parts, metrics: deliveryMetrics, deadLetterMaxAgeSeconds, log: ownLog });
    },
    inject: [
      RedisConnections,
      Configuration,
      ConnectorRegistry,
      SegmentStore,
      Ledger,
      HistoryKeeper,
      RedisPulse,
      OutgoingHttp,
      Metrics,
      Tracing,
      Log,
      Environment,
    ],
  },
  {
    provide: DeliveryOperations,
    useFactory: (redis: RedisConnections, configuration: Configuration, engine: DeliveryEngine, ledger: Ledger) =>
      new DestinationOperations(redis, configuration, engine.queues, ledger),
    inject: [RedisConnections, Configuration, DeliveryEngine, Ledger],
  },
  {
    provide: Leftovers,
    useFactory: (
      configuration: Configuration,
      deleted: DeletedDestinations,
      deliveries: DeliveryOperations,
      log: Log,
    ) => new Leftovers(configuration, deleted, deliveries, log.child({ component: 'delivery' })),
    inject: [Configuration, DeletedDestinations, DeliveryOperations, Log],
  },
  {
    provide: DestinationTester,
    useFactory: (connectors: ConnectorRegistry, http: OutgoingHttp, log: Log) =>
      new DestinationTester(connectors, http, log.child({ component: 'delivery' })),
    inject: [ConnectorRegistry, OutgoingHttp, Log],
  },
];
