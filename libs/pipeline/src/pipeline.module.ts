import {
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { Environment, Metrics, Readiness, RedisConnections } from '#platform';
import { DeliveryEngine } from './delivery/delivery-engine.js';
import { Leftovers } from './delivery/leftovers.js';
import { ErasureRunner } from './erasure/erasure-runner.js';
import { QueuedBudget } from './intake/queued-budget.js';
import { SourceCounts } from './intake/source-counts.js';
import { ERASED_CHANNEL } from './keys.js';
import { LeasedRequestLimiter } from './limits/request-limiter.js';
import { declareDestinationGauges } from './metrics/destination-gauges.js';
import { DestinationStandings } from './metrics/destination-standings.js';
import { declareQueueGauges } from './metrics/queue-gauges.js';
import { declareRedisGauges } from './metrics/redis-gauges.js';
import { IdIndexer } from './observation/content-ids/id-indexer.js';
import { ThroughputHistory } from './observation/throughput-history.js';
import { BudgetReadiness, DeliveryReadiness, RedisReadiness } from './readiness.js';
import { RedisPulse } from './redis-pulse.js';
import { RejectionStore } from './rejections/rejection-store.js';
import { Repacker } from './repack/repacker.js';
import { ReplayRunner } from './replay/replay-runner.js';
import { RouteWakeup } from './route-wakeup.js';
import { SegmentStore } from './segment/segment-store.js';
import { intakeProviders } from './intake/intake.providers.js';
import { deliveryProviders } from './delivery/delivery.providers.js';
import { observationProviders } from './observation/observation.providers.js';
import { replayProviders } from './replay/replay.providers.js';
import { rewritingProviders } from './erasure/erasure.providers.js';

const providers: Provider[] = [
  ...intakeProviders,
  ...deliveryProviders,
  ...observationProviders,
  ...replayProviders,
  ...rewritingProviders,
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
    @Inject(LeasedRequestLimiter) private readonly limiter: LeasedRequestLimiter,
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
      this.limiter.start();
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
    this.limiter.stop();
    await this.sourceCounts.stop();
    await this.rejections.flush();
    this.pulse.stop();
    this.budget.stop();
  }
}
