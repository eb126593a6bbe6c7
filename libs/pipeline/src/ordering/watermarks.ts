import type { RedisConnections } from '#platform';
import { shardKeys } from '../keys.js';
import { unreadableScript, watermarkScript } from './ordering.scripts.js';
import { shardOfSegment } from '../segment/segment-id.js';

/** A segment that could not be read so often, ten seconds apart, may come after later ones: it would hold them for ever. */
const TRIES_TO_WAIT_FOR = 6;

/** Up to where the shards are routed. A watermark read earlier stays true: sequences only grow. */
export class Watermarks {
  constructor(private readonly redis: RedisConnections) {}

  /** By shard. */
  async read(shards: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const marks = await Promise.all(
      shards.map((shard) => {
        const keys = [shardKeys.unrouted(shard), shardKeys.counters(shard), shardKeys.segment(shard, '')];
        return watermarkScript.run(this.redis.shared, keys, [TRIES_TO_WAIT_FOR]);
      }),
    );
    return new Map(shards.map((shard, i) => [shard, String(marks[i])]));
  }

  async unreadable(segmentId: string): Promise<void> {
    await unreadableScript.run(this.redis.shared, [shardKeys.segment(shardOfSegment(segmentId), segmentId)], []);
  }
}
