import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CanonicalEvent } from '#canonical';
import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { discardDeadLetterScript } from '../delivery/dead-letter.script.js';
import { destinationKeys, replayKeys, shardKeys, shardOfSource } from '../keys.js';
import type { RouteWakeup } from '../route-wakeup.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { encodeSegment } from '../segment/segment-format.js';
import { newSegmentId, shardOfSegment } from '../segment/segment-id.js';
import type { PendingChunk, ReplayRecord } from './replay-record.js';
import type { ReplaySelection, Selected } from './replay-selection.js';
import type { ReplayStore, StoredReplay } from './replay.store.js';
import { putBackScript } from './replay.scripts.js';

const LOOK_MS = 500;
const LEASE_MS = 15_000;
const ROOM_LOOK_MS = 20;
/** The lease is renewed every so many looks. */
const LOOKS_PER_LEASE = 100;
/** A chunk is put back once; its mark outlives any replay. */
const MARK_SECONDS = 7 * 86_400;

/** Works on replays, one process at a time each. Everything it does may be repeated after a crash. */
export class ReplayRunner {
  private readonly owner = randomBytes(8).toString('hex');
  private looking: Promise<void> = Promise.resolve();
  private readonly working = new Map<string, Promise<void>>();
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: RedisConnections,
    private readonly store: ReplayStore,
    private readonly selection: ReplaySelection,
    private readonly configuration: Configuration,
    private readonly wakeup: RouteWakeup,
    private readonly log: Log,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.start());
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    await Promise.all(this.working.values());
  }

  /** How many events the order is about. Undefined if `deadline` (ms) passes first. */
  async count(
    { order, horizon }: ReplayRecord,
    destination: Destination,
    deadline: number,
  ): Promise<number | undefined> {
    let matched = 0;
    for await (const { events } of this.selection.chunks(order, destination, horizon, {}, false)) {
      matched += events.length;
      if (Date.now() > deadline || this.stopped) return undefined;
    }
    return matched;
  }

  private async look(): Promise<void> {
    try {
      for (const id of await this.store.activeIds()) {
        if (this.stopped) return;
        if (this.working.has(id) || !(await this.store.lease(id, this.owner, LEASE_MS))) continue;
        this.working.set(
          id,
          this.work(id)
            .catch((error: unknown) => {
              this.log.warn({ replayId: id, error: String(error) }, 'a replay stopped; it goes on from where it was');
            })
            .finally(() => this.working.delete(id)),
        );
      }
    } catch (error) {
      this.log.warn({ error: String(error) }, 'replays were not looked for');
    }
  }

  private async work(id: string): Promise<void> {
    let stored = await this.store.find(id);
    if (!stored) return;
    const destination = this.configuration.destinations.get(stored.record.order.destinationId);
    if (!destination) {
      await this.store.save(stored, { ...stored.record, state: 'cancelled' });
      return;
    }
    if (stored.record.state === 'counting') {
      const matched = await this.count(stored.record, destination, Number.POSITIVE_INFINITY);
      if (matched === undefined) return;
      const state = stored.record.order.dryRun ? 'done' : 'running';
      stored = await this.store.save(stored, { ...stored.record, matched, state });
    }
    if (stored?.record.state === 'running') await this.run(stored, destination);
  }

  private async run(first: StoredReplay, destination: Destination): Promise<void> {
    let stored: StoredReplay | undefined = first;
    // A chunk that was under way when its process died is looked for again: it is still there, or its mark is.
    if (first.record.pending) stored = await this.finishChunk(first, first.record.pending);
    if (!stored) return;
    const { order, horizon, cursor } = stored.record;
    for await (const selected of this.selection.chunks(order, destination, horizon, cursor, true)) {
      if (!(await this.untilRoom(stored.record))) return;
      stored = await this.putBack(stored, selected);
      // Cancelled, or somebody else took over.
      if (!stored) return;
      await this.store.lease(stored.record.id, this.owner, LEASE_MS);
      if (order.rate !== undefined) await this.pace(stored.record.id, selected.events.length / order.rate);
    }
    await this.store.save(stored, { ...stored.record, state: 'done' });
  }

  /**
   * Waits until the destination has about as much waiting as makes a batch, so that new events do not queue behind the
   * whole replay. False: the replay ends here, for now or for good.
   */
  private async untilRoom({ id, order }: ReplayRecord): Promise<boolean> {
    for (let round = 1; !this.stopped; round++) {
      const destination = this.configuration.destinations.get(order.destinationId);
      if (!destination) return false;
      const pending = Number((await this.redis.shared.hget(destinationKeys.state(destination.id), 'pending')) ?? 0);
      if (pending <= destination.batch.maxEvents) return true;
      await sleep(ROOM_LOOK_MS);
      if (round % LOOKS_PER_LEASE > 0) continue;
      if ((await this.store.find(id))?.record.state !== 'running') return false;
      await this.store.lease(id, this.owner, LEASE_MS);
    }
    return false;
  }

  /** Waits, and keeps the lease meanwhile. */
  private async pace(id: string, seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1_000;
    while (Date.now() < until && !this.stopped) {
      await sleep(Math.min(until - Date.now(), LEASE_MS / 3));
      await this.store.lease(id, this.owner, LEASE_MS);
    }
  }

  private async putBack(stored: StoredReplay, selected: Selected): Promise<StoredReplay | undefined> {
    const { id, order } = stored.record;
    const segmentId = newSegmentId(shardOfSource(id), Date.now());
    const { deadLetterIds, cursor, events } = selected;
    const pending: PendingChunk = { segmentId, deadLetterIds, cursor, events: events.length };
    const noted = await this.store.save(stored, { ...stored.record, pending });
    if (!noted) return undefined;
    await this.write(order.destinationId, id, segmentId, events);
    return this.finishChunk(noted, pending);
  }

  /** If the chunk was put back, its dead letters go and the replay moves on; if not, it is chosen again. */
  private async finishChunk(stored: StoredReplay, pending: PendingChunk): Promise<StoredReplay | undefined> {
    const { pending: _, ...record } = stored.record;
    const mark = replayKeys.mark(shardOfSegment(pending.segmentId), pending.segmentId);
    if ((await this.redis.shared.exists(mark)) === 0) return this.store.save(stored, record);
    await this.removeDeadLetters(record.order.destinationId, pending.deadLetterIds);
    return this.store.save(stored, {
      ...record,
      cursor: pending.cursor,
      queued: record.queued + pending.events,
      segments: [...record.segments, [pending.segmentId, pending.events]],
    });
  }

  private async write(
    destinationId: string,
    replayId: string,
    segmentId: string,
    events: readonly CanonicalEvent[],
  ): Promise<void> {
    const shard = shardOfSegment(segmentId);
    const body = Buffer.from(JSON.stringify(events));
    const header = {
      requestId: replayId,
      sourceId: '',
      dialect: PUT_BACK,
      route: 'replay',
      headers: {},
      receivedAt: Date.now(),
      base: 0,
      total: events.length,
      rejected: '',
      bytes: body.length,
    };
    const segment = await encodeSegment([header], [body]);
    const keys = [
      shardKeys.segment(shard, segmentId),
      shardKeys.unrouted(shard),
      shardKeys.counters(shard),
      shardKeys.segments(shard),
      shardKeys.ledger(shard, segmentId),
      replayKeys.mark(shard, segmentId),
    ];
    const decision = JSON.stringify(Object.fromEntries([[destinationId, `0-${events.length - 1}`]]));
    const values = [segmentId, segment.header, segment.bodies, decision, destinationId, events.length, MARK_SECONDS];
    await putBackScript.run(this.redis.shared, keys, values);
    this.wakeup.notify(shard);
  }

  private async removeDeadLetters(destinationId: string, ids: readonly string[]): Promise<void> {
    const keys = [
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
    ];
    await Promise.all(ids.map((id) => discardDeadLetterScript.run(this.redis.shared, keys, [id])));
  }
}
