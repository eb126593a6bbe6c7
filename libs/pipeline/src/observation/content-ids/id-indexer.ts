import type { Log, RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../../keys.js';
import type { SegmentStore } from '../../segment/segment-store.js';
import type { IdIndex, IndexEntry } from './id-index.js';
import { namesItself, SelfNaming } from './self-naming.js';

/** Between two looks when there was nothing left to do. */
const LOOK_MS = 500;
/**
 * Of each look at the most, and the rest after it when there is more: deliveries and answers come first, which short looks
 * hold up less than long ones, and what is not indexed yet is found by reading it.
 */
const WORK_MS = 10;
const REST_MS = 50;
/** While the event loop is busier than this, looks are far apart: a backlog of ids can wait for a calmer hour. */
const BUSY = 0.6;
const BUSY_REST_MS = 1_000;
const SEGMENTS_AT_ONCE = 8;

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
    return performance.eventLoopUtilization(this.loop, before).utilization > BUSY ? BUSY_REST_MS : REST_MS;
  }

  /** True if there is more to do. Never rejects. */
  private async work(): Promise<boolean> {
    const deadline = performance.now() + WORK_MS;
    // Not all processes at the same shard at the same time.
    const first = Math.floor(Math.random() * ALL_SHARDS.length);
    try {
      for (const shard of [...ALL_SHARDS.slice(first), ...ALL_SHARDS.slice(0, first)]) {
        for (let isMore = true; isMore;) {
          isMore = await this.advance(shard, deadline);
          if (this.stopped || performance.now() >= deadline) return isMore;
        }
      }
    } catch (error) {
      this.log.debug({ error: String(error) }, 'content ids are indexed later');
    }
    return false;
  }

  /** One segment at the least, and others until the deadline. True if there may be more to do. */
  private async advance(shard: number, deadline: number): Promise<boolean> {
    const { indexed, accepted } = await this.index.progress(shard);
    if (indexed >= accepted) return false;
    const key = shardKeys.segments(shard);
    const range = [indexed, `(${accepted}`, 'WITHSCORES', 'LIMIT', 0, SEGMENTS_AT_ONCE] as const;
    const flat = await this.redis.shared.zrangebyscore(key, ...range);
    const entries: IndexEntry[] = [];
    let next = 0;
    while (next < flat.length && (next === 0 || performance.now() < deadline)) {
      entries.push(...(await this.entryOf(flat[next] ?? '')));
      next += 2;
    }
    const isMore = next < flat.length || flat.length === 2 * SEGMENTS_AT_ONCE;
    const to = isMore ? Number(flat[next - 1]) + 1 : accepted;
    return (await this.index.add(shard, indexed, to, entries)) && isMore;
  }

  private async entryOf(segmentId: string): Promise<readonly IndexEntry[]> {
    try {
      const head = await this.segments.head(segmentId);
      if (!head || this.selfNaming.covers(head)) return [];
      const events = (await this.segments.events(segmentId)) ?? [];
      this.selfNaming.learn(head, events);
      const ids = events.flatMap((event) => (event && !namesItself(event.id, segmentId) ? [event.id] : []));
      return ids.length === 0 ? [] : [{ segmentId, ids }];
    } catch (error) {
      this.log.debug({ segmentId, error: String(error) }, 'a segment cannot be indexed');
      return [];
    }
  }
}
