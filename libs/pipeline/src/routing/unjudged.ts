import type { Destination } from '#control-plane';
import type { RedisConnections } from '#platform';
import { destinationKeys } from '../keys.js';
import { countRanges, type PositionRanges } from '../segment/position-ranges.js';
import { deferScript, judgedScript } from './unjudged.scripts.js';

/** Segments judged in one go. */
const AT_ONCE = 100;

export interface UnjudgedShare {
  readonly segmentId: string;
  readonly ranges: PositionRanges;
  readonly count: number;
}

/** What a destination may want and cannot tell: kept beside its pending list, open in the segments' ledgers. */
export class Unjudged {
  /** By destination, the segment that `next` came to; none: from the start. */
  private readonly lastOf = new Map<string, string>();

  constructor(private readonly redis: RedisConnections) {}

  /** False: the destination is gone. Throws when the router's lease (ms by Redis' clock) has run out. */
  async defer(
    { id, createdAt }: Destination,
    shares: readonly UnjudgedShare[],
    fault: string,
    deadline: number,
  ): Promise<boolean> {
    const keys = [destinationKeys.unjudged(id), destinationKeys.state(id), destinationKeys.gone(id)];
    const lastError = JSON.stringify({ at: new Date().toISOString(), code: 'match_invalid', detail: fault });
    const values = shares.flatMap(({ segmentId, ranges, count }) => [segmentId, ranges, count]);
    const verdict = Number(
      await deferScript.run(this.redis.shared, keys, [deadline, Date.parse(createdAt), lastError, ...values]),
    );
    if (verdict === -1) throw new Error('the lease ran out');
    return verdict === 1;
  }

  /**
   * Some of them in the order of acceptance as far as their ids tell, and those that follow the next time: also where some
   * cannot be judged, all have their turn.
   */
  async next(destinationId: string): Promise<readonly UnjudgedShare[]> {
    const key = destinationKeys.unjudged(destinationId);
    const kept = (await this.redis.shared.hkeys(key)).sort();
    const last = this.lastOf.get(destinationId) ?? '';
    const ids = kept.filter((id) => id > last).slice(0, AT_ONCE);
    const end = ids.at(-1);
    if (end === undefined || end === kept.at(-1)) this.lastOf.delete(destinationId);
    else this.lastOf.set(destinationId, end);
    if (ids.length === 0) return [];
    const stored = await this.redis.shared.hmget(key, ...ids);
    return ids.flatMap((segmentId, i) => {
      const ranges = stored[i];
      return ranges === null || ranges === undefined ? [] : [{ segmentId, ranges, count: countRanges(ranges) }];
    });
  }

  async judged(destinationId: string, segmentId: string, count: number): Promise<void> {
    const keys = [destinationKeys.unjudged(destinationId), destinationKeys.state(destinationId)];
    await judgedScript.run(this.redis.shared, keys, [segmentId, count]);
  }

  /** Redis' clock, in milliseconds. */
  async now(): Promise<number> {
    const [seconds, microseconds] = await this.redis.shared.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }
}
