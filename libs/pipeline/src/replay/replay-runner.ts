import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Configuration, Destination } from '#control-plane';
import type { Log, RedisConnections } from '#platform';
import { discardDeadLettersScript } from '../delivery/dead-letter.script.js';
import { erasureEpoch } from '../erasure/erasure-epoch.js';
import { destinationKeys, shardKeys, shardOfSource } from '../keys.js';
import type { RouteWakeup } from '../route-wakeup.js';
import { newSegmentId, shardOfSegment } from '../segment/segment-id.js';
import { whileHeld } from '../work-lease.js';
import { wasPutBack, writePutBack } from './put-back.js';
import type { PendingChunk, ReplayRecord } from './replay-record.js';
import type { ReplaySelection, Selected } from './replay-selection.js';
import type { ReplayStore, StoredReplay } from './replay.store.js';

const LOOK_MS = 500;
const LEASE_MS = 15_000;
/** Between looks whether a replay that waits was cancelled. */
const CANCELLED_LOOK_MS = 5_000;
/** Between looks for room: at first, and at most where the destination takes nothing. */
const ROOM_LOOK_MS = 2;
const ROOM_LOOK_MAX_MS = 200;

/** Works on replays, one process at a time each. Everything it does may be repeated after a crash. */
export class ReplayRunner {
  private readonly owner = randomBytes(8).toString('hex');
  private looking: Promise<void> = Promise.resolve();
  private readonly working = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: RedisConnections,
    private readonly store: ReplayStore,
    private readonly selection: ReplaySelection,
    private readonly configuration: Configuration,
    private readonly wakeup: RouteWakeup,
    private readonly log: Log,
    private readonly leaseMs = LEASE_MS,
  ) {}

  start(): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.looking = this.look().finally(() => this.start());
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.looking;
    await Promise.all(this.working.values());
  }

  /** How many events the order is about. Undefined if `deadline` (ms) passes first, or it has to end. */
  async count(
    { order, horizon }: ReplayRecord,
    destination: Destination,
    deadline: number,
    ending = this.stopping.signal,
  ): Promise<number | undefined> {
    let matched = 0;
    for await (const { events } of this.selection.chunks(order, destination, horizon, {}, false)) {
      matched += events.length;
      if (Date.now() > deadline || ending.aborted) return undefined;
    }
    return matched;
  }

  private async look(): Promise<void> {
    try {
      for (const id of await this.store.activeIds()) {
        if (this.stopping.signal.aborted) return;
        const hold = (): Promise<boolean> => this.store.lease(id, this.owner, this.leaseMs);
        if (this.working.has(id) || !(await this.isReadable(id)) || !(await hold())) continue;
        this.working.set(
          id,
          whileHeld(hold, this.leaseMs / 3, this.stopping.signal, (ending) => this.work(id, ending))
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

  /** Whoever cannot read its destination must not keep the lease from somebody who can. */
  private async isReadable(id: string): Promise<boolean> {
    const { unreadableDestinations } = this.configuration;
    if (unreadableDestinations.size === 0) return true;
    const stored = await this.store.find(id).catch(() => undefined);
    return stored !== undefined && !unreadableDestinations.has(stored.record.order.destinationId);
  }

  private async work(id: string, ending: AbortSignal): Promise<void> {
    let stored = await this.store.find(id);
    // A chunk that was under way when its process died is looked for again: it is still there, or its mark is. Also where
    // the replay was cancelled meanwhile, or its destination deleted.
    if (stored?.record.pending) stored = await this.takeUp(stored, stored.record.pending);
    if (!stored || stored.record.state === 'cancelled') return;
    const { destinationId } = stored.record.order;
    // Whoever ordered it may know of a destination that this process has yet to hear of.
    if (!this.configuration.destinations.has(destinationId)) await this.configuration.refresh();
    const destination = this.configuration.destinations.get(destinationId);
    if (!destination) {
      if (this.configuration.unreadableDestinations.has(destinationId)) return;
      await this.store.save(stored, { ...stored.record, state: 'cancelled' });
      return;
    }
    if (stored.record.state === 'counting') {
      const matched = await this.count(stored.record, destination, Number.POSITIVE_INFINITY, ending);
      if (matched === undefined) return;
      const state = stored.record.order.dryRun ? 'done' : 'running';
      stored = await this.store.save(stored, { ...stored.record, matched, state });
    }
    if (stored?.record.state === 'running') await this.run(stored, destination, ending);
  }

  private async run(first: StoredReplay, destination: Destination, ending: AbortSignal): Promise<void> {
    let stored: StoredReplay | undefined = first;
    while (stored?.record.state === 'running' && !ending.aborted)
      stored = await this.goThrough(stored, destination, ending);
  }

  /**
   * From where the replay stands to its end; or until a person was erased, since what was read before may hold them.
   * Undefined: it ends here, for now or for good.
   */
  private async goThrough(
    first: StoredReplay,
    destination: Destination,
    ending: AbortSignal,
  ): Promise<StoredReplay | undefined> {
    const { id, order, horizon, cursor } = first.record;
    const epoch = await erasureEpoch(this.redis, shardOfSource(id));
    let stored: StoredReplay | undefined = first;
    for await (const selected of this.selection.chunks(order, destination, horizon, cursor, true)) {
      if (selected.events.length === 0) {
        stored = await this.store.save(stored, { ...stored.record, cursor: selected.cursor });
      } else {
        if (!(await this.untilRoom(stored.record, ending))) return undefined;
        const { queued }: ReplayRecord = stored.record;
        stored = await this.putBack(stored, selected, epoch);
        // Not put back: all that was read, also ahead, is read anew.
        if (stored?.record.queued === queued) return stored;
      }
      // Cancelled, or somebody else took over.
      if (!stored || ending.aborted) return undefined;
      if (order.rate !== undefined) await pause((selected.events.length / order.rate) * 1_000, ending);
    }
    return this.store.save(stored, { ...stored.record, state: 'done' });
  }

  /**
   * Waits until the destination has about as much waiting as makes a batch, so that new events do not queue behind the
   * whole replay. False: the replay ends here, for now or for good.
   */
  private async untilRoom({ id, order }: ReplayRecord, ending: AbortSignal): Promise<boolean> {
    let waitMs = ROOM_LOOK_MS;
    let checkAt = Date.now() + CANCELLED_LOOK_MS;
    while (!ending.aborted) {
      const destination = this.configuration.destinations.get(order.destinationId);
      if (!destination) return false;
      const pending = Number((await this.redis.shared.hget(destinationKeys.state(destination.id), 'pending')) ?? 0);
      if (pending <= destination.batch.maxEvents) return true;
      await pause(waitMs, ending);
      waitMs = Math.min(waitMs * 1.5, ROOM_LOOK_MAX_MS);
      if (Date.now() < checkAt) continue;
      checkAt = Date.now() + CANCELLED_LOOK_MS;
      if ((await this.store.find(id))?.record.state !== 'running') return false;
    }
    return false;
  }

  /** Not put back, the replay stands where it stood: somebody may have been erased since the events were read. */
  private async putBack(stored: StoredReplay, selected: Selected, epoch: string): Promise<StoredReplay | undefined> {
    const { id, order } = stored.record;
    const segmentId = newSegmentId(shardOfSource(id), Date.now());
    const { deadLetterIds, parkedUntil, cursor, events } = selected;
    const pending: PendingChunk = { segmentId, deadLetterIds, parkedUntil, cursor, events: events.length };
    const noted = await this.store.save(stored, { ...stored.record, pending });
    if (!noted) return undefined;
    const chunk = { segmentId, replayId: id, destinationId: order.destinationId, events, epoch };
    if (!(await writePutBack(this.redis, chunk))) return this.store.save(noted, stored.record);
    this.wakeup.notify(shardOfSegment(segmentId));
    return this.finishChunk(noted, pending);
  }

  /** If the chunk was put back, the replay moves on; if not, it is chosen again. */
  private async takeUp(stored: StoredReplay, pending: PendingChunk): Promise<StoredReplay | undefined> {
    if (await wasPutBack(this.redis, pending.segmentId)) return this.finishChunk(stored, pending);
    const { pending: _, ...record } = stored.record;
    return this.store.save(stored, record);
  }

  /**
   * The chunk is put back: its dead letters go, and the replay moves on. Undefined where it was cancelled meanwhile: the
   * next look finishes the chunk.
   */
  private async finishChunk(stored: StoredReplay, pending: PendingChunk): Promise<StoredReplay | undefined> {
    const { pending: _, ...record } = stored.record;
    const { segmentId, events, cursor } = pending;
    // Before its dead letters go, which may be on another master.
    await this.redis.replicated(this.redis.shared, shardKeys.segment(shardOfSegment(segmentId), segmentId));
    await this.removeDeadLetters(record, pending);
    return this.store.save(stored, { ...record, cursor, queued: record.queued + events }, [segmentId, events]);
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

/** Ends early with the work. */
async function pause(ms: number, ending: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: ending }).catch(() => undefined);
}
