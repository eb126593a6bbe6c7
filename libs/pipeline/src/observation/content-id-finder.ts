import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys } from '../keys.js';
import { parseEventId, timeOfSegment, type EventPlace } from '../segment/segment-id.js';
import type { SegmentEvents, SegmentHead, SegmentStore } from '../segment/segment-store.js';

/** How long one search may take, in milliseconds. */
const SEARCH_MS = 3_000;
const HEADS_AT_ONCE = 100;

/**
 * Finds an event whose id is made from its content (Kixo's are), by reading what is kept, newest first. Such ids cost
 * nothing on the way in; a search costs some milliseconds per thousand events.
 */
export class ContentIdFinder {
  /** Dialects whose ids name their segment: nothing of theirs is to be read. */
  private readonly selfNaming = new Set<string>();

  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
  ) {}

  /** Undefined if it is not kept, or not found in time. */
  async find(id: string): Promise<EventPlace | undefined> {
    const deadline = Date.now() + SEARCH_MS;
    const ids = await this.newestFirst();
    for (let i = 0; i < ids.length && Date.now() < deadline; i += HEADS_AT_ONCE) {
      const heads = await Promise.all(
        ids.slice(i, i + HEADS_AT_ONCE).map((segmentId) => this.segments.head(segmentId)),
      );
      for (const head of heads) {
        const position = head ? await this.positionIn(head, id) : -1;
        if (head && position >= 0) return { segmentId: head.id, position };
        if (Date.now() > deadline) return undefined;
      }
    }
    return undefined;
  }

  private async newestFirst(): Promise<readonly string[]> {
    const lists = await Promise.all(
      ALL_SHARDS.map((shard) => this.redis.shared.zrevrange(shardKeys.segments(shard), 0, '-1')),
    );
    return lists.flat().sort((a, b) => timeOfSegment(b) - timeOfSegment(a));
  }

  private async positionIn(head: SegmentHead, id: string): Promise<number> {
    if (head.header.requests.every(({ dialect }) => this.selfNaming.has(dialect))) return -1;
    const events = (await this.segments.events(head.id)) ?? [];
    this.learn(head, events);
    return events.findIndex((event) => event?.id === id);
  }

  private learn({ id, header }: SegmentHead, events: SegmentEvents): void {
    for (const { dialect, base, total } of header.requests) {
      const first = events.slice(base, base + total).find((event) => event !== undefined);
      if (first && parseEventId(first.id)?.segmentId === id) this.selfNaming.add(dialect);
    }
  }
}
