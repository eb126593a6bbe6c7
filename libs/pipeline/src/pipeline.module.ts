import { randomBytes } from 'node:crypto';
import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { Configuration, DeletedDestinations, DeliveryOperations } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import { Environment, Log, Metrics, OutgoingHttp, Readiness, RedisConnections, Tracing } from '#platform';
import { DeliveryEngine } from './delivery/delivery-engine.js';
import { DestinationOperations } from './delivery/destination-operations.js';
import { DestinationTester } from './delivery/destination-tester.js';
import { Leftovers } from './delivery/leftovers.js';
import { ErasureRunner } from './erasure/erasure-runner.js';
import { ErasureStore } from './erasure/erasure.store.js';
import { ErasuresService } from './erasure/erasures.service.js';
import { ListEraser } from './erasure/list-eraser.js';
import { SegmentEraser } from './erasure/segment-eraser.js';
import { affordableHistoryBytes, HistoryKeeper } from './history/history-keeper.js';
import { IntakeService } from './intake/intake.service.js';
import { defaultQueuedBytes, QueuedBudget } from './intake/queued-budget.js';
import { SourceCounts } from './intake/source-counts.js';
import { LeasedRequestLimiter } from './limits/request-limiter.js';
import { DeliveryMetrics } from './metrics/delivery-metrics.js';
import { declareDestinationGauges } from './metrics/destination-gauges.js';
import { DestinationStandings } from './metrics/destination-standings.js';
import { declareQueueGauges } from './metrics/queue-gauges.js';
import { declareRedisGauges } from './metrics/redis-gauges.js';
import { ContentIdFinder } from './observation/content-ids/content-id-finder.js';
import { IdIndex } from './observation/content-ids/id-index.js';
import { IdIndexer } from './observation/content-ids/id-indexer.js';
import { DeliveryBrowser } from './observation/delivery-browser.js';
import { ERASED_CHANNEL } from './keys.js';
import { EventBrowser } from './observation/event-browser.js';
import { EventTracer } from './observation/event-tracer.js';
import { EventInspector } from './observation/event-inspector.js';
import { LiveTail } from './observation/live-tail.js';
import { OverviewReader } from './observation/overview.js';
import { ThroughputHistory } from './observation/throughput-history.js';
import { BudgetReadiness, DeliveryReadiness, RedisReadiness } from './readiness.js';
import { RedisPulse } from './redis-pulse.js';
import { RejectionStore } from './rejections/rejection-store.js';
import { Repacker } from './repack/repacker.js';
import { SegmentRepacker } from './repack/segment-repacker.js';
import { ReplayRunner } from './replay/replay-runner.js';
import { ReplaySelection } from './replay/replay-selection.js';
import { ReplayStore } from './replay/replay.store.js';
import { ReplaysService } from './replay/replays.service.js';
import { RouteWakeup } from './route-wakeup.js';
import { Ledger } from './routing/ledger.js';
import { EventDecoder } from './segment/event-decoder.js';
import { SegmentStore } from './segment/segment-store.js';

const providers: Provider[] = [
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
    useFactory: async (redis: RedisConnections, environment: Environment) =>
      new QueuedBudget(redis, environment.maxQueuedBytes ?? (await defaultQueuedBytes(redis))),
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
    useFactory: (redis: RedisConnections, log: Log) =>
      new RejectionStore(redis, log.child({ component: 'rejections' })),
    inject: [RedisConnections, Log],
  },
  {
    provide: LeasedRequestLimiter,
    useFactory: (redis: RedisConnections) => new LeasedRequestLimiter(redis),
    inject: [RedisConnections],
  },
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
      const maxBytes = await affordableHistoryBytes(redis, wantedBytes);
      if (maxBytes < wantedBytes) log.warn({ wantedBytes, maxBytes }, "history is bounded by Redis' maxmemory");
      return new HistoryKeeper(redis, { maxBytes, maxAgeSeconds });
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
      const parts = { redis, configuration, connectors, segments, ledger, history, pulse, http, tracing };
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
  {
    provide: EventBrowser,
    useFactory: (redis: RedisConnections, segments: SegmentStore) => new EventBrowser(redis, segments),
    inject: [RedisConnections, SegmentStore],
  },
  {
    provide: LiveTail,
    useFactory: (redis: RedisConnections, segments: SegmentStore, log: Log) =>
      new LiveTail(redis, segments, log.child({ component: 'live-tail' })),
    inject: [RedisConnections, SegmentStore, Log],
  },
  {
    provide: DestinationStandings,
    useFactory: (redis: RedisConnections, configuration: Configuration) =>
      new DestinationStandings(redis, configuration),
    inject: [RedisConnections, Configuration],
  },
  {
    provide: OverviewReader,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      budget: QueuedBudget,
      standings: DestinationStandings,
    ) => new OverviewReader(redis, configuration, budget, standings),
    inject: [RedisConnections, Configuration, QueuedBudget, DestinationStandings],
  },
  {
    provide: ThroughputHistory,
    useFactory: (reader: OverviewReader, log: Log) =>
      new ThroughputHistory(reader, log.child({ component: 'overview' })),
    inject: [OverviewReader, Log],
  },
  {
    provide: EventTracer,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      connectors: ConnectorRegistry,
      segments: SegmentStore,
    ) => {
      const finder = new ContentIdFinder(redis, segments, new IdIndex(redis));
      return new EventTracer(redis, configuration, connectors, segments, finder);
    },
    inject: [RedisConnections, Configuration, ConnectorRegistry, SegmentStore],
  },
  {
    provide: IdIndexer,
    useFactory: (redis: RedisConnections, segments: SegmentStore, log: Log) =>
      new IdIndexer(redis, segments, new IdIndex(redis), log.child({ component: 'id-index' })),
    inject: [RedisConnections, SegmentStore, Log],
  },
  {
    provide: DeliveryBrowser,
    useFactory: (redis: RedisConnections, configuration: Configuration) => new DeliveryBrowser(redis, configuration),
    inject: [RedisConnections, Configuration],
  },
  {
    provide: EventInspector,
    useFactory: (
      tracer: EventTracer,
      segments: SegmentStore,
      configuration: Configuration,
      connectors: ConnectorRegistry,
    ) => new EventInspector(tracer, segments, configuration, connectors),
    inject: [EventTracer, SegmentStore, Configuration, ConnectorRegistry],
  },
  {
    provide: ReplayStore,
    useFactory: (redis: RedisConnections) => new ReplayStore(redis),
    inject: [RedisConnections],
  },
  {
    provide: ReplayRunner,
    useFactory: (
      redis: RedisConnections,
      store: ReplayStore,
      segments: SegmentStore,
      configuration: Configuration,
      wakeup: RouteWakeup,
      log: Log,
    ) => {
      const selection = new ReplaySelection(redis, segments);
      return new ReplayRunner(redis, store, selection, configuration, wakeup, log.child({ component: 'replay' }));
    },
    inject: [RedisConnections, ReplayStore, SegmentStore, Configuration, RouteWakeup, Log],
  },
  {
    provide: ReplaysService,
    useFactory: (redis: RedisConnections, store: ReplayStore, runner: ReplayRunner, configuration: Configuration) =>
      new ReplaysService(redis, store, runner, configuration),
    inject: [RedisConnections, ReplayStore, ReplayRunner, Configuration],
  },
  {
    provide: ErasureStore,
    useFactory: (redis: RedisConnections) => new ErasureStore(redis),
    inject: [RedisConnections],
  },
  {
    provide: Repacker,
    useFactory: (
      redis: RedisConnections,
      configuration: Configuration,
      budget: QueuedBudget,
      decoder: EventDecoder,
      { repackMinAgeSeconds }: Environment,
      log: Log,
    ) => {
      const segments = new SegmentRepacker(redis, decoder);
      const minAgeMs = repackMinAgeSeconds * 1_000;
      return new Repacker(redis, configuration, budget, segments, log.child({ component: 'repack' }), minAgeMs);
    },
    inject: [RedisConnections, Configuration, QueuedBudget, EventDecoder, Environment, Log],
  },
  {
    provide: ErasureRunner,
    useFactory: (
      redis: RedisConnections,
      store: ErasureStore,
      decoder: EventDecoder,
      configuration: Configuration,
      log: Log,
    ) => {
      const ownLog = log.child({ component: 'erasure' });
      const segments = new SegmentEraser(redis, decoder, ownLog);
      const lists = new ListEraser(redis);
      return new ErasureRunner(redis, store, segments, lists, () => configuration.destinations.keys(), ownLog);
    },
    inject: [RedisConnections, ErasureStore, EventDecoder, Configuration, Log],
  },
  {
    provide: ErasuresService,
    useFactory: (redis: RedisConnections, store: ErasureStore, configuration: Configuration) =>
      new ErasuresService(redis, store, configuration),
    inject: [RedisConnections, ErasureStore, Configuration],
  },
];

/** Intake and delivery on Redis and BullMQ. Expects the platform, the configuration and an `EventDecoder` to be bound. */
@Module({})
export class PipelineModule implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(RedisPulse) private readonly pulse: RedisPulse,
    @Inject(QueuedBudget) private readonly budget: QueuedBudget,
    @Inject(RouteWakeup) private readonly wakeup: RouteWakeup,
    @Inject(DeliveryEngine) private readonly engine: DeliveryEngine,
    @Inject(RejectionStore) private readonly rejections: RejectionStore,
    @Inject(Leftovers) private readonly leftovers: Leftovers,
    @Inject(ReplayRunner) private readonly replays: ReplayRunner,
    @Inject(ErasureRunner) private readonly erasures: ErasureRunner,
    @Inject(Repacker) private readonly repacker: Repacker,
    @Inject(SegmentStore) private readonly segments: SegmentStore,
    @Inject(IdIndexer) private readonly idIndexer: IdIndexer,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Environment) private readonly environment: Environment,
    @Inject(RedisConnections) private readonly redis: RedisConnections,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(DestinationStandings) private readonly standings: DestinationStandings,
    @Inject(SourceCounts) private readonly sourceCounts: SourceCounts,
    @Inject(ThroughputHistory) private readonly throughput: ThroughputHistory,
  ) {}

  static forRoot(): DynamicModule {
    return { module: PipelineModule, global: true, providers, exports: providers };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.pulse.start();
    await this.budget.start();
    declareQueueGauges(this.metrics, this.redis, this.budget);
    declareRedisGauges(this.metrics, this.pulse, this.budget);
    declareDestinationGauges(this.metrics, this.standings);
    this.readiness.register(new RedisReadiness(this.pulse));
    if (this.environment.role !== 'worker') {
      this.readiness.register(new BudgetReadiness(this.budget));
      this.throughput.start();
      this.sourceCounts.start();
    }
    await this.redis.subscribe(ERASED_CHANNEL, (segmentId) => this.segments.erased(segmentId || undefined));
    if (this.environment.role === 'api') return;
    this.readiness.register(new DeliveryReadiness(this.engine));
    this.wakeup.bind((shard) => this.engine.wake(shard));
    await this.engine.start();
    this.leftovers.start();
    this.replays.start();
    this.erasures.start();
    this.repacker.start();
    this.idIndexer.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([
      this.leftovers.stop(),
      this.replays.stop(),
      this.erasures.stop(),
      this.repacker.stop(),
      this.idIndexer.stop(),
    ]);
    await this.engine.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    this.throughput.stop();
    await this.sourceCounts.stop();
    await this.rejections.flush();
    this.pulse.stop();
    this.budget.stop();
  }
}
