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
  /** By destination, how far `next` has got; none: from the start. */
  private readonly cursors = new Map<string, string>();

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

  /** Some of them, and others the next time: all in their turn, also where some cannot be judged. */
  async next(destinationId: string): Promise<readonly UnjudgedShare[]> {
    const key = destinationKeys.unjudged(destinationId);
    const [cursor, kept] = await this.redis.shared.hscan(key, this.cursors.get(destinationId) ?? '0', 'COUNT', AT_ONCE);
    if (cursor === '0') this.cursors.delete(destinationId);
    else this.cursors.set(destinationId, cursor);
    const shares: UnjudgedShare[] = [];
    for (let i = 0; i < kept.length; i += 2) {
      const [segmentId = '', ranges = ''] = kept.slice(i, i + 2);
      shares.push({ segmentId, ranges, count: countRanges(ranges) });
    }
    return shares;
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
