import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../../keys.js';
import { timeOfSegment, type EventPlace } from '../../segment/segment-id.js';
import type { SegmentStore } from '../../segment/segment-store.js';
import type { IdIndex } from './id-index.js';
import { SelfNaming } from './self-naming.js';

/** How long segments that are not indexed yet may be read, in milliseconds. */
const READ_MS = 3_000;
const HEADS_AT_ONCE = 100;

/**
 * Finds an event whose id is made from its content (Kixo's are) and so does not say where it is: by the index, and what
 * is too new to be in it by reading it.
 */
export class ContentIdFinder {
  private readonly selfNaming = new SelfNaming();

  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
    private readonly index: IdIndex,
  ) {}

  /** Undefined if it is not kept, or is so new that it was not found in time. */
  async find(id: string): Promise<EventPlace | undefined> {
    const candidates = await Promise.all(ALL_SHARDS.map((shard) => this.index.search(shard, id)));
    for (const segmentId of candidates.flat()) {
      const position = await this.positionIn(segmentId, id);
      if (position >= 0) return { segmentId, position };
    }
    return this.findUnindexed(id);
  }

  private async findUnindexed(id: string): Promise<EventPlace | undefined> {
    const deadline = Date.now() + READ_MS;
    const lists = await Promise.all(ALL_SHARDS.map((shard) => this.unindexed(shard)));
    const newestFirst = lists.flat().sort((a, b) => timeOfSegment(b) - timeOfSegment(a));
    for (let i = 0; i < newestFirst.length && Date.now() < deadline; i += HEADS_AT_ONCE) {
      const some = newestFirst.slice(i, i + HEADS_AT_ONCE);
      const heads = await Promise.all(some.map((segmentId) => this.segments.head(segmentId)));
      for (const head of heads) {
        if (!head || this.selfNaming.covers(head)) continue;
        const position = await this.positionIn(head.id, id);
        if (position >= 0) return { segmentId: head.id, position };
        this.selfNaming.learn(head, (await this.segments.events(head.id)) ?? []);
        if (Date.now() > deadline) return undefined;
      }
    }
    return undefined;
  }

  private async unindexed(shard: number): Promise<readonly string[]> {
    const { indexed, accepted } = await this.index.progress(shard);
    if (indexed >= accepted) return [];
    return this.redis.shared.zrangebyscore(shardKeys.segments(shard), indexed, '+inf');
  }

  private async positionIn(segmentId: string, id: string): Promise<number> {
    const events = (await this.segments.events(segmentId)) ?? [];
    return events.findIndex((event) => event?.id === id);
  }
}
