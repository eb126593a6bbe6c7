import type { CanonicalEvent } from '#canonical';
import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys, shardOfSource } from '../keys.js';
import { timeOfSegment } from '../segment/segment-id.js';
import { PUT_BACK } from '../segment/event-decoder.js';
import type { SegmentEvents, SegmentStore } from '../segment/segment-store.js';
import { NEWEST, readEventsCursor, writeEventsCursor, type EventsCursor } from './events-cursor.js';

export interface RecentQuery {
  readonly sourceId?: string;
  /** The event's exact name. */
  readonly event?: string;
  readonly limit: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Shorter than asked for, or empty, where it took too much to find more: `next` goes on behind what was looked at. */
export interface EventPage {
  readonly items: readonly CanonicalEvent[];
  /** Null: there is nothing more. */
  readonly next: string | null;
}

/**
 * Segments looked at in each shard before giving up: a rare name is not worth reading everything, but the largest page
 * is full where each event came alone.
 */
const MAX_SEGMENTS = 250;
const SEGMENTS_AT_ONCE = 10;

interface Listed {
  readonly id: string;
  readonly shard: number;
  readonly sequence: number;
  /** Milliseconds since 1970; never later than that of a segment which follows it in the shard's sequence. */
  readonly at: number;
  /** Where an earlier page ended in the middle of it: what comes before this position is left. */
  readonly before?: number;
}

/** Accepted events, newest first, read from the segments themselves: no index to keep. */
export class EventBrowser {
  constructor(
    private readonly redis: RedisConnections,
    private readonly segments: SegmentStore,
  ) {}

  /** Rejects with what the admin API answers as a fault of the caller, where `after` is none of this method's. */
  async page(query: RecentQuery): Promise<EventPage> {
    const from = query.after === undefined ? NEWEST : readEventsCursor(query.after);
    const shards = query.sourceId === undefined ? ALL_SHARDS : [shardOfSource(query.sourceId)];
    const lists = await Promise.all(shards.map((shard) => this.list(shard, from.ends[shard])));
    const ends = [...from.ends];
    shards.forEach((shard, i) => (ends[shard] ??= (lists[i]?.[0]?.sequence ?? -1) + 1));
    const waiting = inOrder(lists, from);
    const items: CanonicalEvent[] = [];
    let partial: EventsCursor['partial'];
    for (let i = 0; i < waiting.length && items.length < query.limit; i += SEGMENTS_AT_ONCE) {
      const some = waiting.slice(i, i + SEGMENTS_AT_ONCE);
      const loaded = await Promise.all(some.map(({ id }) => this.accepted(id)));
      for (const [j, { shard, sequence, before }] of some.entries()) {
        if (items.length === query.limit) break;
        const events = loaded[j] ?? [];
        let position = Math.min(before ?? Infinity, events.length) - 1;
        for (; position >= 0 && items.length < query.limit; position--) {
          const event = events[position];
          if (fits(event, query)) items.push(event);
        }
        partial = position >= 0 ? { shard, before: position + 1 } : undefined;
        ends[shard] = partial ? sequence + 1 : sequence;
      }
    }
    const isMore = lists.some((list, i) => list.length === MAX_SEGMENTS || isAnyBelow(list, ends[shards[i] ?? 0] ?? 0));
    return { items, next: isMore ? writeEventsCursor({ ends, ...(partial ? { partial } : {}) }) : null };
  }

  /** What a replay has put back was accepted before, and is listed there. */
  private async accepted(segmentId: string): Promise<SegmentEvents | undefined> {
    const [head, events] = await Promise.all([this.segments.head(segmentId), this.segments.events(segmentId)]);
    return head?.header.requests.some(({ dialect }) => dialect === PUT_BACK) ? undefined : events;
  }

  /** The newest segments of a shard below an acceptance sequence, newest first. */
  private async list(shard: number, end: number | undefined): Promise<readonly Listed[]> {
    const below = end === undefined ? '+inf' : `(${end}`;
    const key = shardKeys.segments(shard);
    const flat = await this.redis.shared.zrevrangebyscore(key, below, '-inf', 'WITHSCORES', 'LIMIT', 0, MAX_SEGMENTS);
    let at = Infinity;
    return Array.from({ length: flat.length / 2 }, (_, i) => {
      const id = flat[2 * i] ?? '';
      // Clocks of several processes differ; the sequence does not.
      at = Math.min(at, timeOfSegment(id));
      return { id, shard, sequence: Number(flat[2 * i + 1]), at };
    });
  }
}

/** By time, as far back as every shard's list reaches; before all others what an earlier page has begun. */
function inOrder(lists: readonly (readonly Listed[])[], { ends, partial }: EventsCursor): readonly Listed[] {
  const since = Math.max(...lists.map((list) => (list.length === MAX_SEGMENTS ? (list.at(-1)?.at ?? 0) : 0)));
  const all = lists.flat();
  // Whatever the clocks say: were it passed over, the place in it would be forgotten.
  const begun =
    partial &&
    all.find(({ shard, sequence }) => shard === partial.shard && sequence + 1 === (ends[partial.shard] ?? 0));
  const rest = all.filter((listed) => listed !== begun && listed.at >= since).sort((a, b) => b.at - a.at);
  return begun ? [{ ...begun, before: partial.before }, ...rest] : rest;
}

function isAnyBelow(list: readonly Listed[], end: number): boolean {
  const oldest = list.at(-1);
  return oldest !== undefined && oldest.sequence < end;
}

function fits(event: CanonicalEvent | undefined, { sourceId, event: name }: RecentQuery): event is CanonicalEvent {
  if (!event) return false;
  return (sourceId === undefined || event.source.id === sourceId) && (name === undefined || event.event === name);
}
