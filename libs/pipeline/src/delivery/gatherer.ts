import type { Configuration, Destination } from '#control-plane';
import type { ConnectorRegistry } from '#destinations';
import type { Log, RedisConnections } from '#platform';
import { destinationKeys, SHARD_COUNT } from '../keys.js';
import type { Watermarks } from '../ordering/watermarks.js';
import type { RedisPulse } from '../redis-pulse.js';
import { newSegmentId } from '../segment/segment-id.js';
import type { DeliveryQueues } from './delivery-queues.js';
import { gatherOrderedScript, gatherScript, readyShardsScript } from './gather.scripts.js';
import type { SizeRatios } from './size-ratios.js';

/** Open batches per place in the destination's concurrency: one being sent, one ready to follow. */
const OPEN_PER_PLACE = 2;
/** Batches that wait for another try and leave their places to others: each costs a job. */
const RESTING_AT_MOST = 1_000;
/** How soon to look again at users' events that follow something not routed yet, in milliseconds. */
const HELD_MS = 50;

type Verdict = readonly (string | number)[];

/**
 * Forms batches out of pending references: when one is full, when its time is up, and when a finished one makes room.
 * What does not fit in the open batches stays pending, where a backlog costs least and later batches come out full.
 */
export class Gatherer {
  private readonly timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly dueAt: number }>();
  private readonly running = new Map<string, { again: boolean }>();
  private stopped = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly configuration: Configuration,
    private readonly connectors: ConnectorRegistry,
    private readonly queues: DeliveryQueues,
    private readonly watermarks: Watermarks,
    private readonly sizes: SizeRatios,
    private readonly pulse: RedisPulse,
    private readonly log: Log,
  ) {}

  /** References were added. `oldestAt` by Redis' clock (ms). */
  added(destinationId: string, pending: number, oldestAt: number): void {
    const destination = this.configuration.destinations.get(destinationId);
    if (!destination || pending === 0) return;
    const { maxEvents, maxWaitMs } = destination.batch;
    const waitMs = pending >= maxEvents ? 0 : Math.min(oldestAt - this.pulse.now(), 0) + maxWaitMs;
    if (waitMs <= 0) void this.gather(destination);
    else this.later(destinationId, waitMs);
  }

  /** Makes batches until nothing is due or enough are open. Never rejects. */
  async gather(destination: Destination): Promise<void> {
    const { id } = destination;
    const running = this.running.get(id);
    if (running) {
      running.again = true;
      return;
    }
    const state = { again: true };
    this.running.set(id, state);
    try {
      while (state.again && !this.stopped) {
        state.again = false;
        await this.gatherAll(this.configuration.destinations.get(id) ?? destination);
      }
    } catch (error) {
      this.log.warn({ destinationId: id, error: String(error) }, 'gathering failed; the sweep takes it up again');
    } finally {
      this.running.delete(id);
    }
  }

  stop(): void {
    this.stopped = true;
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  private async gatherAll(destination: Destination): Promise<void> {
    // A paused destination's events wait as references, so that they leave in full batches later.
    if (destination.paused !== null) return;
    const made: string[] = [];
    // Where order was kept until lately, what waits by user is gathered first.
    let marks = destination.ordering === 'none' ? undefined : await this.marks(destination.id);
    for (;;) {
      const batchId = newSegmentId(0, Date.now());
      const verdict = await this.gatherOne(destination, batchId, marks);
      if (verdict[0] === 'made') made.push(batchId);
      const [reason, detail] = verdict[0] === 'made' ? verdict.slice(1) : verdict;
      if (reason === undefined) continue;
      if (reason === 'ordered') {
        marks = await this.marks(destination.id);
        continue;
      }
      if (reason === 'wait') this.later(destination.id, Number(detail));
      if (reason === 'held') this.later(destination.id, HELD_MS);
      break;
    }
    await this.queues.add(destination.id, destination.concurrency, made);
  }

  /** Shard and watermark by turns, of the shards whose users have something to send. */
  private async marks(id: string): Promise<readonly (string | number)[]> {
    const shards = await readyShardsScript.run(this.redis.shared, [destinationKeys.ready(id, '')], [SHARD_COUNT]);
    return [...(await this.watermarks.read(shards as number[]))].flat();
  }

  private async gatherOne(destination: Destination, batchId: string, marks: Verdict | undefined): Promise<Verdict> {
    const { id, batch, concurrency } = destination;
    const limits = this.connectors.get(destination.type)?.limits ?? batch;
    const keys = [
      destinationKeys.pending(id),
      destinationKeys.batches(id),
      destinationKeys.state(id),
      destinationKeys.batch(id, batchId),
      destinationKeys.resting(id),
    ];
    const values = [
      batchId,
      Math.min(batch.maxEvents, limits.maxEvents),
      Math.floor(Math.min(batch.maxBytes, limits.maxBytes) / this.sizes.of(destination)),
      batch.maxWaitMs,
      concurrency * OPEN_PER_PLACE,
      RESTING_AT_MOST,
    ];
    if (!marks) return (await gatherScript.run(this.redis.shared, keys, values)) as Verdict;
    const orderKeys = [destinationKeys.busy(id), destinationKeys.user(id, ''), destinationKeys.ready(id, '')];
    const orderValues = [...values, ...marks];
    return (await gatherOrderedScript.run(this.redis.shared, [...keys, ...orderKeys], orderValues)) as Verdict;
  }

  private later(destinationId: string, waitMs: number): void {
    const dueAt = Date.now() + waitMs;
    const known = this.timers.get(destinationId);
    if (this.stopped || (known && known.dueAt <= dueAt)) return;
    clearTimeout(known?.timer);
    const timer = setTimeout(() => {
      this.timers.delete(destinationId);
      const destination = this.configuration.destinations.get(destinationId);
      if (destination) void this.gather(destination);
    }, waitMs);
    this.timers.set(destinationId, { timer, dueAt });
  }
}
