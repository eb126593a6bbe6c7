import { Configuration, type Destination } from '#control-plane';
import { ConnectorRegistry } from '#destinations';
import type { CanonicalEvent } from '#canonical';
import type { Log, OutgoingHttp, RedisConnections, Tracing } from '#platform';
import { destinationKeys, ROUTE_CHANNEL } from '../keys.js';
import type { DeliveryMetrics } from '../metrics/delivery-metrics.js';
import type { RedisPulse } from '../redis-pulse.js';
import { Watermarks } from '../ordering/watermarks.js';
import { Chooser } from '../routing/chooser.js';
import { FanOut, type RouteListener } from '../routing/fan-out.js';
import type { Ledger } from '../routing/ledger.js';
import { Router } from '../routing/router.service.js';
import type { SegmentStore } from '../segment/segment-store.js';
import { deadLetter } from './dead-letter.js';
import { DeadLetterBudget } from './dead-letter-budget.js';
import { addDeadLettersScript } from './dead-letter.script.js';
import { Deliverer } from './deliverer.js';
import { DeliveryQueues } from './delivery-queues.js';
import { Gatherer } from './gatherer.js';
import { RequestSender } from './request-sender.js';
import { SettledOutbox } from './settled-outbox.js';
import { SizeRatios } from './size-ratios.js';
import { Sweeper, type Keeper } from './sweeper.js';

/** How long running requests may take to end at a stop, in milliseconds. */
const STOP_GRACE_MS = 15_000;

export interface DeliveryEngineParts {
  readonly redis: RedisConnections;
  readonly configuration: Configuration;
  readonly connectors: ConnectorRegistry;
  readonly segments: SegmentStore;
  readonly ledger: Ledger;
  /** In the order in which they may make room. */
  readonly keepers: readonly Keeper[];
  readonly pulse: RedisPulse;
  readonly http: OutgoingHttp;
  readonly tracing: Tracing;
  readonly metrics: DeliveryMetrics;
  readonly deadLetterMaxAgeSeconds: number;
  readonly log: Log;
}

/** Everything behind the door: route, gather, send, settle. Runs in the roles `worker` and `all`. */
export class DeliveryEngine {
  readonly queues: DeliveryQueues;
  private readonly router: Router;
  private readonly gatherer: Gatherer;
  private readonly deliverer: Deliverer;
  private readonly outbox: SettledOutbox;
  private readonly sweeper: Sweeper;
  private readonly deadLetters: DeadLetterBudget;
  private known: ReadonlyMap<string, Destination> = new Map();
  private readonly stopListening: (() => unknown)[] = [];
  private running = false;

  constructor(private readonly parts: DeliveryEngineParts) {
    const { redis, configuration, connectors, segments, ledger, keepers, pulse, http, metrics, log } = parts;
    this.deadLetters = new DeadLetterBudget(redis);
    this.outbox = new SettledOutbox(redis, ledger, log);
    this.queues = new DeliveryQueues(redis, (id, job, signal) => this.deliverer.process(id, job, signal), log);
    const watermarks = new Watermarks(redis);
    const sizes = new SizeRatios();
    this.gatherer = new Gatherer(redis, configuration, connectors, this.queues, watermarks, sizes, pulse, log);
    this.deliverer = new Deliverer(
      redis,
      configuration,
      connectors,
      segments,
      new RequestSender(http, parts.tracing, log),
      this.deadLetters,
      sizes,
      {
        settled: (id, entries) => this.outbox.add(id, entries),
        roomMade: (destination) => void this.gatherer.gather(destination),
        breakerOpened: (destination, reason) => this.breakerOpened(destination, reason),
        breakerClosed: (destination) => this.breakerClosed(destination),
        progressed: (destination, change, record) => metrics.progressed(destination, change, record),
      },
      log,
    );
    const listener: RouteListener = {
      added: ({ destinationId, pending, oldestAt }) => this.gatherer.added(destinationId, pending, oldestAt),
      // What cannot become a dead letter waits, and counts towards the common budget.
      maxQueuedBytes: ({ id, maxQueuedBytes }) => (this.deadLetters.isFull(id) ? null : maxQueuedBytes),
      overflow: (destination, events) => this.overflow(destination, events),
    };
    const chooser = new Chooser(configuration, segments, log);
    const fanOut = new FanOut(redis, configuration, segments, ledger, watermarks, chooser, listener, log);
    this.router = new Router(redis, configuration, segments, ledger, chooser, fanOut, watermarks, log);
    this.sweeper = new Sweeper(
      redis,
      configuration,
      this.router,
      this.gatherer,
      this.queues,
      this.outbox,
      keepers,
      this.deadLetters,
      parts.deadLetterMaxAgeSeconds,
      log,
    );
  }

  /** True while deliveries run. */
  get isRunning(): boolean {
    return this.running;
  }

  async start(): Promise<void> {
    const { configuration, redis } = this.parts;
    await this.deadLetters.askBound();
    this.known = configuration.destinations;
    this.stopListening.push(configuration.onChange(() => this.configurationChanged()));
    this.stopListening.push(await redis.subscribe(ROUTE_CHANNEL, (shard) => this.wake(Number(shard))));
    this.sweeper.start();
    this.running = true;
  }

  /** Something was appended to this shard. */
  wake(shard: number): void {
    void this.router.route(shard);
  }

  /** Ends what is being sent, settles it, and leaves the rest to the next start. */
  async stop(): Promise<void> {
    this.running = false;
    for (const stop of this.stopListening) await stop();
    this.deliverer.stop();
    await this.sweeper.stop();
    await this.router.stop();
    this.gatherer.stop();
    await this.queues.stop(STOP_GRACE_MS);
    await this.outbox.flush();
  }

  private configurationChanged(): void {
    const before = this.known;
    this.known = this.parts.configuration.destinations;
    for (const [id, destination] of this.known) {
      const old = before.get(id);
      if (old && old.updatedAt !== destination.updatedAt && destination.paused === null)
        void this.lookAgain(destination);
    }
  }

  /** Settings have changed: what was held because of the old ones is tried with the new ones. */
  private async lookAgain(destination: Destination): Promise<void> {
    try {
      const state = destinationKeys.state(destination.id);
      if ((await this.parts.redis.shared.hexists(state, 'breakerSince')) === 1) {
        await this.parts.redis.shared.hset(state, 'probeAt', '0');
      }
      await this.queues.hurry(destination.id);
      await this.gatherer.gather(destination);
    } catch (error) {
      this.parts.log.warn({ destinationId: destination.id, error: String(error) }, 'held events wait for their time');
    }
  }

  private breakerOpened({ id }: Destination, reason: string | undefined): void {
    this.parts.log.warn({ destinationId: id, reason }, 'breaker opened');
    // What waits for another try is to ask whether the destination is back, where nothing else does.
    void this.queues.hurry(id).catch(() => undefined);
  }

  private breakerClosed(destination: Destination): void {
    this.parts.log.info({ destinationId: destination.id }, 'breaker closed');
    void this.queues.hurry(destination.id).catch(() => undefined);
    void this.gatherer.gather(destination);
  }

  private async overflow(destination: Destination, events: readonly CanonicalEvent[]): Promise<void> {
    const { id, maxQueuedBytes } = destination;
    const reason = { code: 'backlog_exceeded', detail: `more than maxQueuedBytes (${String(maxQueuedBytes)}) waits` };
    const keys = [destinationKeys.deadLetters(id), destinationKeys.deadLetterOrder(id), destinationKeys.state(id)];
    const now = Date.now();
    const values = events.flatMap((event) => deadLetter(id, event, reason, 0, now));
    const { redis } = this.parts;
    await addDeadLettersScript.run(redis.shared, keys, values);
    // Before the ledger is told that the destination is done with them: it may be on another master.
    await redis.replicated(redis.shared, destinationKeys.deadLetters(id));
    this.parts.metrics.overflowed(id, events.length);
  }
}
