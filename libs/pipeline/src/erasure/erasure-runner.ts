import { randomBytes } from 'node:crypto';
import type { Log, RedisConnections } from '#platform';
import { ALL_SHARDS, ERASED_CHANNEL, shardKeys } from '../keys.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import { readHeader } from '../segment/segment-format.js';
import { countErased, forgetCounts } from './erasure-counts.js';
import { advanceErasureEpoch } from './erasure-epoch.js';
import type { ErasureRecord } from './erasure-record.js';
import type { ErasureStore, StoredErasure } from './erasure.store.js';
import type { ListEraser } from './list-eraser.js';
import type { SegmentEraser } from './segment-eraser.js';
import { subjectTest, type SubjectTest } from './subject.js';

const LOOK_MS = 500;
const LEASE_MS = 15_000;
const SEGMENTS_AT_ONCE = 20;
/** A delivery that had read an event before it was erased has parked it by then. Replays are held back by the epoch. */
const ON_ITS_WAY_MS = 5_000;

/** Works on erasures, one process at a time each. Everything it does may be repeated after a crash. */
export class ErasureRunner {
  private readonly owner = randomBytes(8).toString('hex');
  private working: Promise<void> = Promise.resolve();
  private stopped = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly redis: RedisConnections,
    private readonly store: ErasureStore,
    private readonly segments: SegmentEraser,
    private readonly lists: ListEraser,
    private readonly destinationIds: () => Iterable<string>,
    private readonly log: Log,
    private readonly onItsWayMs = ON_ITS_WAY_MS,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.look().finally(() => this.start());
    }, LOOK_MS);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private async look(): Promise<void> {
    try {
      for (const id of await this.store.activeIds()) {
        if (this.stopped) return;
        await this.lookAt(id);
      }
    } catch (error) {
      this.log.warn({ error: String(error) }, 'erasures were not looked for');
    }
  }

  /** One that fails keeps no other waiting. */
  private async lookAt(id: string): Promise<void> {
    try {
      if (await this.store.lease(id, this.owner, LEASE_MS)) await this.work(id);
    } catch (error) {
      this.log.warn({ erasureId: id, error: String(error) }, 'an erasure stopped; it goes on from where it was');
    }
  }

  private async work(id: string): Promise<void> {
    const stored = await this.store.find(id);
    if (!stored) return;
    switch (stored.record.state) {
      case 'running':
        return this.run(stored);
      case 'closing':
        return stored.record.closingAt <= Date.now() ? this.close(stored) : undefined;
      case 'done':
        return;
    }
  }

  /** Everything that was there when the erasure was asked for. */
  private async run(first: StoredErasure): Promise<void> {
    const test = subjectTest(first.record.subject);
    let stored: StoredErasure | undefined = first;
    for (const shard of ALL_SHARDS) {
      for (;;) {
        const { id, cursor, ends, scanned }: ErasureRecord = stored.record;
        const found = await this.segmentsBetween(shard, cursor[shard] ?? -1, ends[shard] ?? 0);
        const last = found.at(-1);
        if (!last) break;
        const looked = await this.eraseAll(id, found, test);
        if (this.stopped) return;
        const progress = { scanned: scanned + looked, cursor: { ...cursor, [shard]: last.sequence } };
        stored = await this.store.save(stored, { ...stored.record, ...progress });
        // Somebody else took over.
        if (!stored) return;
      }
    }
    const letters = await this.eraseLists(stored.record, test);
    if (this.stopped) return;
    const scanned = stored.record.scanned + letters;
    await this.store.save(stored, {
      ...stored.record,
      scanned,
      state: 'closing',
      closingAt: Date.now() + this.onItsWayMs,
    });
  }

  /** What was on its way meanwhile: put back by a replay, dead-lettered or refused since. */
  private async close(stored: StoredErasure): Promise<void> {
    const { record } = stored;
    const test = subjectTest(record.subject);
    const from = new Map(ALL_SHARDS.map((shard) => [shard, (record.ends[shard] ?? 0) - 1]));
    await this.erasePutBack(record.id, from, test);
    await this.eraseLists(record, test);
    // A letter parked since the first look may have been put back before the second one of its list.
    await this.erasePutBack(record.id, from, test);
    if (this.stopped) return;
    const fileRewritten = await this.redis.rewriteAppendOnlyFile();
    const ids = [...this.destinationIds()];
    const counts = await countErased(this.redis, record.id, ids);
    const done = { ...record, counts, fileRewritten, state: 'done', finishedAt: new Date().toISOString() } as const;
    if (!(await this.store.save(stored, done))) return;
    await forgetCounts(this.redis, record.id, ids);
    this.log.info({ erasureId: record.id, ...counts, fileRewritten }, 'a person was erased');
  }

  /** What was put back after these sequences, which move on to the last that was looked at. */
  private async erasePutBack(id: string, from: Map<number, number>, test: SubjectTest): Promise<void> {
    for (const shard of ALL_SHARDS) {
      for (;;) {
        if (this.stopped) return;
        const found = await this.segmentsBetween(shard, from.get(shard) ?? -1, Number.POSITIVE_INFINITY);
        const last = found.at(-1);
        if (!last) break;
        const putBack = await Promise.all(found.map(({ segmentId }) => this.isPutBack(shard, segmentId)));
        await this.eraseAll(
          id,
          found.filter((_, i) => putBack[i]),
          test,
        );
        from.set(shard, last.sequence);
      }
    }
  }

  /** Events looked at. */
  private async eraseAll(
    id: string,
    found: readonly { readonly segmentId: string }[],
    test: SubjectTest,
  ): Promise<number> {
    let scanned = 0;
    let hasRewritten = false;
    for (const { segmentId } of found) {
      if (this.stopped) return scanned;
      const looked = await this.segments.erase(id, segmentId, test);
      scanned += looked?.scanned ?? 0;
      if (!looked?.rewritten) continue;
      hasRewritten = true;
      await this.redis.shared.publish(ERASED_CHANNEL, segmentId);
    }
    if (hasRewritten) await advanceErasureEpoch(this.redis);
    await this.store.lease(id, this.owner, LEASE_MS);
    return scanned;
  }

  /** Dead letters looked at. A message may have been missed, so everybody reads everything anew in the end. */
  private async eraseLists({ id }: ErasureRecord, test: SubjectTest): Promise<number> {
    let letters = 0;
    const keepLease = async (): Promise<boolean> => {
      await this.store.lease(id, this.owner, LEASE_MS);
      return !this.stopped;
    };
    for (const destinationId of this.destinationIds()) {
      letters += await this.lists.deadLetters(id, destinationId, test, keepLease);
    }
    for (const shard of ALL_SHARDS) await this.lists.rejections(id, shard, test, keepLease);
    await advanceErasureEpoch(this.redis);
    await this.redis.shared.publish(ERASED_CHANNEL, '');
    return letters;
  }

  private async isPutBack(shard: number, segmentId: string): Promise<boolean> {
    const text = await this.redis.shared.hget(shardKeys.segment(shard, segmentId), 'h');
    return text !== null && readHeader(text).requests.some(({ dialect }) => dialect === PUT_BACK);
  }

  private async segmentsBetween(
    shard: number,
    after: number,
    end: number,
  ): Promise<readonly { readonly segmentId: string; readonly sequence: number }[]> {
    const to = Number.isFinite(end) ? `(${end}` : '+inf';
    const key = shardKeys.segments(shard);
    const args = ['WITHSCORES', 'LIMIT', 0, SEGMENTS_AT_ONCE] as const;
    const flat = await this.redis.shared.zrangebyscore(key, `(${after}`, to, ...args);
    const found: { segmentId: string; sequence: number }[] = [];
    for (let i = 0; i < flat.length; i += 2) found.push({ segmentId: flat[i] ?? '', sequence: Number(flat[i + 1]) });
    return found;
  }
}
