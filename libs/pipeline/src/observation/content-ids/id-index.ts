import type { RedisConnections } from '#platform';
import { shardKeys } from '../../keys.js';
import { SEGMENT_ID_LENGTH } from '../../segment/segment-id.js';
import { indexIdsScript, searchIdsScript } from './id-index.scripts.js';

/** Of the twenty characters of an id: one in two thousand million agrees by chance, and costs one look at a segment. */
const SHORT_CHARACTERS = 6;
const COUNT_DIGITS = 4;
const PAGE_BYTES = 64 * 1024;
/** Read in one script run: a few milliseconds. */
const PAGES_PER_RUN = 50;

/** The content ids of one segment. */
export interface IndexEntry {
  readonly segmentId: string;
  readonly ids: readonly string[];
}

/**
 * Which segment has an event whose id does not say so: six bytes an event, in pages on the segment's own shard. An entry
 * is the segment's id, the number of its ids (four digits in base 36) and their first characters. Pages are dropped when
 * the last of their segments is.
 */
export class IdIndex {
  constructor(private readonly redis: RedisConnections) {}

  /** Acceptance sequences of the shard: what is before `indexed` is in the index, nothing is accepted behind `accepted`. */
  async progress(shard: number): Promise<{ readonly indexed: number; readonly accepted: number }> {
    const [indexed, accepted] = await this.redis.shared.hmget(shardKeys.counters(shard), 'idx', 'seq');
    return { indexed: Number(indexed ?? 0), accepted: Number(accepted ?? 0) };
  }

  /** False if somebody else has indexed from `from` meanwhile: then nothing is written. */
  async add(shard: number, from: number, to: number, entries: readonly IndexEntry[]): Promise<boolean> {
    const keys = [
      shardKeys.counters(shard),
      shardKeys.idPages(shard),
      shardKeys.segments(shard),
      shardKeys.idPage(shard, ''),
    ];
    const values = [from, to, entries.map(entryText).join(''), PAGE_BYTES];
    return (await indexIdsScript.run(this.redis.shared, keys, values)) === 1;
  }

  /** Segments of the shard that may hold the id, the newest first. */
  async search(shard: number, id: string): Promise<readonly string[]> {
    const pages = await this.redis.shared.zrevrange(shardKeys.idPages(shard), 0, '-1');
    const found: string[] = [];
    for (let i = 0; i < pages.length; i += PAGES_PER_RUN) {
      const values = [shortId(id), SEGMENT_ID_LENGTH, ...pages.slice(i, i + PAGES_PER_RUN)];
      const keys = [shardKeys.idPage(shard, '')];
      found.push(...((await searchIdsScript.run(this.redis.shared, keys, values)) as string[]));
    }
    return found.sort().reverse();
  }
}

const shortId = (id: string): string => id.slice('evt_'.length, 'evt_'.length + SHORT_CHARACTERS);

function entryText({ segmentId, ids }: IndexEntry): string {
  return segmentId + ids.length.toString(36).padStart(COUNT_DIGITS, '0') + ids.map(shortId).join('');
}
