import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys, shardOfSource } from '../keys.js';
import { timeOfSegment } from '../segment/segment-id.js';
import type { SegmentStore } from '../segment/segment-store.js';

export interface RecentQuery {
  readonly sourceId?: string;
  /** The event's exact name. */
  readonly event?: string;
  readonly limit: number;
}

/**
 * Segments looked at in each shard before giving up: a rare name is not worth reading everything, but the largest page
 * is full where each event came alone.
 */
const MAX_SEGMENTS = 250;
const SEGMENTS_AT_ONCE = 10;

/** Recently accepted events, newest first, read from the segments themselves: no index to keep. */
export class EventBrowser {
  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
  ) {}

  async recent(query: RecentQuery): Promise<readonly CanonicalEvent[]> {
    const shards = query.sourceId === undefined ? ALL_SHARDS : [shardOfSource(query.sourceId)];
    const lists = await Promise.all(
      shards.map((shard) => this.redis.shared.zrevrange(shardKeys.segments(shard), 0, MAX_SEGMENTS - 1)),
    );
    const newestFirst = lists.flat().sort((a, b) => timeOfSegment(b) - timeOfSegment(a));
    const found: CanonicalEvent[] = [];
    for (let i = 0; i < newestFirst.length && found.length < query.limit; i += SEGMENTS_AT_ONCE) {
      const some = newestFirst.slice(i, i + SEGMENTS_AT_ONCE);
      const loaded = await Promise.all(some.map((segmentId) => this.segments.events(segmentId)));
      for (const events of loaded) found.push(...[...(events ?? [])].reverse().filter((event) => fits(event, query)));
    }
    return found.slice(0, query.limit);
  }
}

function fits(event: CanonicalEvent | undefined, { sourceId, event: name }: RecentQuery): event is CanonicalEvent {
  if (!event) return false;
  return (sourceId === undefined || event.source.id === sourceId) && (name === undefined || event.event === name);
}
