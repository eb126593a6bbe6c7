import type { RedisConnections } from '#platform';
import { ALL_SHARDS, replayKeys, shardKeys } from '../keys.js';
import { timeOfSegment } from '../segment/segment-id.js';

/** Segments listed in one shard at a look. */
const MAX_SEGMENTS = 100;

/** A segment that was accepted since the last look. */
export interface FreshSegment {
  readonly id: string;
  readonly shard: number;
  /** Positions it has in the acceptance sequence: its events and what was refused with them. */
  readonly positions: number;
  /** As stored, compressed. */
  readonly bytes: number;
}

export interface FreshSegments {
  /** The oldest first. */
  readonly segments: readonly FreshSegment[];
  /** Positions of segments that are too many to list, or forgotten already, by shard: of any, put back ones too. */
  readonly passedOver: ReadonlyMap<number, number>;
}

/**
 * Follows the shards' acceptance sequences, whoever appends to them. A shard's segments appear in the order of their
 * sequence, so that one number a shard tells what was seen already.
 */
export class SegmentCursor {
  private constructor(
    private readonly redis: RedisConnections,
    /** By shard: the sequence of the next segment. */
    private ends: readonly number[],
  ) {}

  /** Behind everything that has been accepted by now. */
  static async atEnd(redis: RedisConnections): Promise<SegmentCursor> {
    return new SegmentCursor(redis, await readEnds(redis));
  }

  /**
   * What was accepted since the last call, that is appended and not put back by a replay. Where nothing was, it costs one
   * short command a shard.
   */
  async advance(): Promise<FreshSegments> {
    const starts = this.ends;
    const ends = await readEnds(this.redis);
    const found = await Promise.all(
      ALL_SHARDS.map((shard) => this.readShard(shard, starts[shard] ?? 0, ends[shard] ?? 0)),
    );
    this.ends = ends;
    return {
      segments: found.flatMap(({ segments }) => segments).sort((a, b) => timeOfSegment(a.id) - timeOfSegment(b.id)),
      passedOver: new Map(found.flatMap(({ shard, left }) => (left > 0 ? [[shard, left] as const] : []))),
    };
  }

  private async readShard(
    shard: number,
    start: number,
    end: number,
  ): Promise<{ readonly shard: number; readonly segments: readonly FreshSegment[]; readonly left: number }> {
    if (end <= start) return { shard, segments: [], left: 0 };
    const key = shardKeys.segments(shard);
    const flat = await this.redis.shared.zrangebyscore(
      key,
      start,
      `(${end}`,
      'WITHSCORES',
      'LIMIT',
      0,
      MAX_SEGMENTS + 1,
    );
    const listed = Array.from({ length: flat.length / 2 }, (_, i) => ({
      id: flat[2 * i] ?? '',
      sequence: Number(flat[2 * i + 1]),
    }));
    const taken = listed.slice(0, MAX_SEGMENTS);
    const facts = await Promise.all(taken.map(({ id }) => this.factsOf(shard, id)));
    const segments = taken.flatMap(({ id, sequence }, i) => {
      const { bytes = 0, isPutBack = false } = facts[i] ?? {};
      return isPutBack ? [] : [{ id, shard, positions: (listed[i + 1]?.sequence ?? end) - sequence, bytes }];
    });
    // What lies before the first one is forgotten already.
    const forgotten = (listed[0]?.sequence ?? end) - start;
    const excess = end - (listed[MAX_SEGMENTS]?.sequence ?? end);
    return { shard, segments, left: forgotten + excess };
  }

  private async factsOf(shard: number, id: string): Promise<{ readonly bytes: number; readonly isPutBack: boolean }> {
    const [bytes, marks] = await Promise.all([
      this.redis.shared.hget(shardKeys.segment(shard, id), 'z'),
      this.redis.shared.exists(replayKeys.mark(shard, id)),
    ]);
    return { bytes: Number(bytes ?? 0), isPutBack: marks > 0 };
  }
}

function readEnds(redis: RedisConnections): Promise<readonly number[]> {
  return Promise.all(
    ALL_SHARDS.map(async (shard) => Number((await redis.shared.hget(shardKeys.counters(shard), 'seq')) ?? 0)),
  );
}
