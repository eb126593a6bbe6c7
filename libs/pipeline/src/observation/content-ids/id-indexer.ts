import { isRedisAway, type Log, type RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../../keys.js';
import type { SegmentHead, SegmentStore } from '../../segment/segment-store.js';
import type { IdIndex, IndexEntry } from './id-index.js';
import { namesItself, SelfNaming } from './self-naming.js';

/** Between two looks when there was nothing left to do, or no time. */
const LOOK_MS = 500;
/**
 * Of each look at the most, and the rest after it when there is more: deliveries and answers come first, which short looks
 * hold up less than long ones, and what is not indexed yet is found by reading it.
 */
const WORK_MS = 10;
const REST_MS = 50;
/** The event loop is busier than this: a backlog of ids can wait for a calmer hour. */
const BUSY = 0.6;
const SEGMENTS_AT_ONCE = 32;

/**
 * Keeps the index of content ids, behind the back of intake: some time after they were accepted, segments are decoded
 * once more and their ids noted. Any number of processes may do so; who is slower has worked for nothing.
 */
export class IdIndexer {
  private readonly selfNaming = new SelfNaming();
  private working: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private loop = performance.eventLoopUtilization();
  private stopped = false;

  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
    private readonly index: IdIndex,
    private readonly log: Log,
  ) {}

  start(afterMs = LOOK_MS): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.work().then((isMore) => this.start(isMore ? this.restMs() : LOOK_MS));
    }, afterMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private restMs(): number {
    const before = this.loop;
    this.loop = performance.eventLoopUtilization();
    return performance.eventLoopUtilization(this.loop, before).utilization > BUSY ? LOOK_MS : REST_MS;
  }

  /** True if there is more to do. Never rejects. */
  private async work(): Promise<boolean> {
    try {
      const shards = await this.shardsBehind();
      const deadline = performance.now() + WORK_MS;
      for (const [i, shard] of shards.entries()) {
        for (let isMore = true; isMore;) {
          isMore = await this.advance(shard, deadline);
          if (this.stopped || performance.now() >= deadline) return isMore || i < shards.length - 1;
        }
      }
    } catch (error) {
      this.log.debug({ error: String(error) }, 'content ids are indexed later');
    }
    return false;
  }

  private async shardsBehind(): Promise<readonly number[]> {
    // Not all processes at the same shard at the same time.
    const first = Math.floor(Math.random() * ALL_SHARDS.length);
    const shards = [...ALL_SHARDS.slice(first), ...ALL_SHARDS.slice(0, first)];
    const progress = await Promise.all(shards.map((shard) => this.index.progress(shard)));
    return shards.filter((_, i) => (progress[i]?.indexed ?? 0) < (progress[i]?.accepted ?? 0));
  }

  /** One segment at the least, and others until the deadline. True if there may be more to do. */
  private async advance(shard: number, deadline: number): Promise<boolean> {
    const { indexed, accepted } = await this.index.progress(shard);
    if (indexed >= accepted) return false;
    const key = shardKeys.segments(shard);
    const range = [indexed, `(${accepted}`, 'WITHSCORES', 'LIMIT', 0, SEGMENTS_AT_ONCE] as const;
    const flat = await this.redis.shared.zrangebyscore(key, ...range);
    const ids = flat.filter((_, i) => i % 2 === 0);
    const heads = await Promise.all(ids.map((id) => this.readable(id, () => this.segments.head(id))));
    const entries: IndexEntry[] = [];
    let done = 0;
    for (; done < heads.length && (done === 0 || performance.now() < deadline); done++) {
      const head = heads[done];
      if (head) entries.push(...(await this.entriesOf(head)));
    }
    const isMore = done < ids.length || ids.length === SEGMENTS_AT_ONCE;
    const to = isMore ? Number(flat[2 * done - 1]) + 1 : accepted;
    return (await this.index.add(shard, indexed, to, entries)) && isMore;
  }

  private async entriesOf(head: SegmentHead): Promise<readonly IndexEntry[]> {
    const segmentId = head.id;
    if (this.selfNaming.covers(head)) return [];
    const events = (await this.readable(segmentId, () => this.segments.events(segmentId))) ?? [];
    this.selfNaming.learn(head, events);
    const ids = events.flatMap((event) => (event && !namesItself(event.id, segmentId) ? [event.id] : []));
    return ids.length === 0 ? [] : [{ segmentId, ids }];
  }

  /** Undefined where the segment itself is at fault: it is passed over. Rejects where Redis is: it is tried again. */
  private async readable<T>(segmentId: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (isRedisAway(error)) throw error;
      this.log.debug({ segmentId, error: String(error) }, 'a segment cannot be indexed');
      return undefined;
    }
  }
}
