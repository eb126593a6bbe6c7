import { invalid, type Page } from '#control-plane';
import type { RedisConnections } from '#platform';
import { ALL_SHARDS, shardKeys, shardOfSource } from '../keys.js';
import type { RejectedItem, RejectedRequest, RejectionStore } from './rejection-store.js';

export interface RejectionQuery {
  readonly sourceId?: string;
  readonly requestId?: string;
  readonly limit: number;
  /** As `next` of an earlier page. */
  readonly after?: string;
}

/** One refused item and the request it came in. */
export interface Rejection {
  readonly request: Omit<RejectedRequest, 'items'>;
  readonly item: RejectedItem;
}

/** A request's place in its shard's stream, and an item's in the request. The newest come first. */
interface Place {
  readonly at: number;
  readonly sequence: number;
  readonly shard: number;
  readonly item: number;
}

interface Kept {
  readonly place: Place;
  readonly text: string;
}

const READ_AT_ONCE = 100;

/** The refused items that are kept, newest first. */
export class RejectionList {
  constructor(
    private readonly redis: RedisConnections,
    private readonly store: RejectionStore,
  ) {}

  async page({ sourceId, requestId, limit, after }: RejectionQuery): Promise<Page<Rejection>> {
    await this.store.flush();
    const from = after === undefined ? undefined : readPlace(after);
    const shards = sourceId === undefined ? ALL_SHARDS : [shardOfSource(sourceId)];
    const written = JSON.stringify(requestId ?? '');
    const items: Rejection[] = [];
    let last: Place | undefined;
    for await (const { place, text } of this.newestFirst(shards, from)) {
      // Nearly every one that is not meant is told by its text.
      if (requestId !== undefined && !text.includes(written)) continue;
      const { items: refused, ...request } = JSON.parse(text) as RejectedRequest;
      if (sourceId !== undefined && request.sourceId !== sourceId) continue;
      if (requestId !== undefined && request.requestId !== requestId) continue;
      for (const [index, item] of refused.entries()) {
        const itemPlace = { ...place, item: index };
        if (from && order(from, itemPlace) >= 0) continue;
        if (items.length === limit) return { items, next: last ? writePlace(last) : null };
        items.push({ request, item });
        last = itemPlace;
      }
    }
    return { items, next: null };
  }

  /** Of all shards together, from the place's request on. */
  private async *newestFirst(shards: readonly number[], from: Place | undefined): AsyncGenerator<Kept> {
    const streams = shards.map((shard) => this.ofShard(shard, from));
    const heads = new Map<AsyncGenerator<Kept>, Kept>();
    const advance = async (stream: AsyncGenerator<Kept>): Promise<void> => {
      const result = await stream.next();
      if (result.done === true) heads.delete(stream);
      else heads.set(stream, result.value);
    };
    await Promise.all(streams.map(advance));
    while (heads.size > 0) {
      const [stream, head] = [...heads].reduce((one, other) => (order(other[1].place, one[1].place) < 0 ? other : one));
      yield head;
      await advance(stream);
    }
  }

  private async *ofShard(shard: number, from: Place | undefined): AsyncGenerator<Kept> {
    let end = from ? `${from.at}-${from.sequence}` : '+';
    for (;;) {
      const range = [shardKeys.rejections(shard), end, '-', 'COUNT', READ_AT_ONCE] as const;
      const entries = await this.redis.shared.xrevrange(...range);
      for (const [id, fields] of entries) {
        const [at = 0, sequence = 0] = id.split('-').map(Number);
        const kept = { place: { at, sequence, shard, item: 0 }, text: fields[1] ?? '' };
        if (!from || at < from.at || sequence < from.sequence || shard >= from.shard) yield kept;
        end = `(${id}`;
      }
      if (entries.length < READ_AT_ONCE) return;
    }
  }
}

/** Negative: `one` comes before `other`. */
function order(one: Place, other: Place): number {
  return other.at - one.at || other.sequence - one.sequence || one.shard - other.shard || one.item - other.item;
}

const writePlace = ({ at, sequence, shard, item }: Place): string => [at, sequence, shard, item].join('.');

function readPlace(text: string): Place {
  const [, at, sequence, shard, item] = /^(\d{1,15})\.(\d{1,15})\.(\d{1,2})\.(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (at !== undefined && sequence !== undefined && shard !== undefined && item !== undefined)
    return { at, sequence, shard, item };
  throw invalid([{ pointer: '/cursor', message: 'must be the nextCursor of an earlier answer' }]);
}
