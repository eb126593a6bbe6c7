import type { RedisConnections } from '#platform';
import { ALL_SHARDS, erasureKeys } from '../keys.js';

/**
 * Beside the counts of a shard: how often something may have been erased. It rises after the erasing and before the last
 * look at what was put back. So what was read before is refused, or it is there to be looked at.
 */
export const EPOCH_FIELD = 'epoch';

/** Read before the events that are to be put back on the shard. */
export async function erasureEpoch(redis: RedisConnections, shard: number): Promise<string> {
  return (await redis.shared.hget(erasureKeys.inShard(shard), EPOCH_FIELD)) ?? '';
}

export async function advanceErasureEpoch(redis: RedisConnections): Promise<void> {
  await Promise.all(ALL_SHARDS.map((shard) => redis.shared.hincrby(erasureKeys.inShard(shard), EPOCH_FIELD, 1)));
}
