import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { discardDeadLettersScript } from '../delivery/dead-letter.script.js';
import { destinationKeys, replayKeys, shardOfSource } from '../keys.js';
import type { RouteWakeup } from '../route-wakeup.js';
import { newSegmentId, shardOfSegment } from '../segment/segment-id.js';
import { writePutBack } from './put-back.js';
import type { PendingChunk, ReplayRecord } from './replay-record.js';
import type { ReplaySelection, Selected } from './replay-selection.js';
import type { ReplayStore, StoredReplay } from './replay.store.js';

const LOOK_MS = 500;
const LEASE_MS = 15_000;
const RENEW_LEASE_MS = LEASE_MS / 3;
/** Between looks for room: at first, and at most where the destination takes nothing. */
const ROOM_LOOK_MS = 2;
const ROOM_LOOK_MAX_MS = 200;

/** Works on replays, one process at a time each. Everything it does may be repeated after a crash. */
export class ReplayRunner {
  private readonly owner = randomBytes(8).toString('hex');
  private looking: Promise<void> = Promise.resolve();
  private readonly working = new Map<string, Promise<void>>();
  private readonly renewedAt = new Map<string, number>();
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
            .finally(() => {
              this.working.delete(id);
              this.renewedAt.delete(id);
            }),
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
    if (first.record.pending) stored = await this.takeUp(first, first.record.pending);
    if (!stored) return;
    const { order, horizon, cursor } = stored.record;
    for await (const selected of this.selection.chunks(order, destination, horizon, cursor, true)) {
      if (!(await this.untilRoom(stored.record))) return;
      stored = await this.putBack(stored, selected);
      // Cancelled, or somebody else took over.
      if (!stored) return;
      await this.renewLease(stored.record.id);
      if (order.rate !== undefined) await this.pace(stored.record.id, selected.events.length / order.rate);
    }
    await this.store.save(stored, { ...stored.record, state: 'done' });
  }

  /**
   * Waits until the destination has about as much waiting as makes a batch, so that new events do not queue behind the
   * whole replay. False: the replay ends here, for now or for good.
   */
  private async untilRoom({ id, order }: ReplayRecord): Promise<boolean> {
    let waitMs = ROOM_LOOK_MS;
    let checkAt = Date.now() + RENEW_LEASE_MS;
    while (!this.stopped) {
      const destination = this.configuration.destinations.get(order.destinationId);
      if (!destination) return false;
      const pending = Number((await this.redis.shared.hget(destinationKeys.state(destination.id), 'pending')) ?? 0);
      if (pending <= destination.batch.maxEvents) return true;
      await sleep(waitMs);
      waitMs = Math.min(waitMs * 1.5, ROOM_LOOK_MAX_MS);
      if (Date.now() < checkAt) continue;
      checkAt = Date.now() + RENEW_LEASE_MS;
      if ((await this.store.find(id))?.record.state !== 'running') return false;
      await this.renewLease(id);
    }
    return false;
  }

  private async renewLease(id: string): Promise<void> {
    const now = Date.now();
    if (now - (this.renewedAt.get(id) ?? 0) < RENEW_LEASE_MS) return;
    this.renewedAt.set(id, now);
    await this.store.lease(id, this.owner, LEASE_MS);
  }

  /** Waits, and keeps the lease meanwhile. */
  private async pace(id: string, seconds: number): Promise<void> {
    const until = Date.now() + seconds * 1_000;
    while (Date.now() < until && !this.stopped) {
      await sleep(Math.min(until - Date.now(), RENEW_LEASE_MS));
      await this.renewLease(id);
    }
  }

  private async putBack(stored: StoredReplay, selected: Selected): Promise<StoredReplay | undefined> {
    const { id, order } = stored.record;
    const segmentId = newSegmentId(shardOfSource(id), Date.now());
    const { deadLetterIds, parkedUntil, cursor, events } = selected;
    const pending: PendingChunk = { segmentId, deadLetterIds, parkedUntil, cursor, events: events.length };
    const noted = await this.store.save(stored, { ...stored.record, pending });
    if (!noted) return undefined;
    await writePutBack(this.redis, { segmentId, replayId: id, destinationId: order.destinationId, events });
    this.wakeup.notify(shardOfSegment(segmentId));
    return this.finishChunk(noted, pending);
  }

  /** If the chunk was put back, the replay moves on; if not, it is chosen again. */
  private async takeUp(stored: StoredReplay, pending: PendingChunk): Promise<StoredReplay | undefined> {
    const mark = replayKeys.mark(shardOfSegment(pending.segmentId), pending.segmentId);
    if ((await this.redis.shared.exists(mark)) === 1) return this.finishChunk(stored, pending);
    const { pending: _, ...record } = stored.record;
    return this.store.save(stored, record);
  }

  /** The chunk is put back: its dead letters go, and the replay moves on. */
  private async finishChunk(stored: StoredReplay, pending: PendingChunk): Promise<StoredReplay | undefined> {
    const { pending: _, ...record } = stored.record;
    await this.removeDeadLetters(record, pending);
    await this.store.notePutBack(record, [pending.segmentId, pending.events]);
    return this.store.save(stored, { ...record, cursor: pending.cursor, queued: record.queued + pending.events });
  }

  /** What was refused again since it was put back stays. */
  private async removeDeadLetters({ order, horizon }: ReplayRecord, pending: PendingChunk): Promise<void> {
    const { destinationId } = order;
    const { deadLetterIds: ids, parkedUntil = horizon } = pending;
    if (ids.length === 0) return;
    const keys = [
      destinationKeys.deadLetters(destinationId),
      destinationKeys.deadLetterOrder(destinationId),
      destinationKeys.state(destinationId),
    ];
    await discardDeadLettersScript.run(this.redis.shared, keys, [parkedUntil, ...ids]);
  }
}
