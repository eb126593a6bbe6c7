import type { RedisConnections } from '#platform';
import { ALL_SHARDS, erasureKeys } from '../keys.js';
import type { ErasureCounts } from './erasure-record.js';

/** What was erased so far: counted where it stood, in the step that took it out, so that a crash cannot falsify it. */
export async function countErased(
  redis: RedisConnections,
  erasureId: string,
  destinationIds: readonly string[],
): Promise<ErasureCounts> {
  const sum = async (keys: readonly string[]): Promise<number> => {
    const counts = await Promise.all(keys.map((key) => redis.shared.hget(key, erasureId)));
    return counts.reduce((total, count) => total + Number(count ?? 0), 0);
  };
  const [events, rejections, deadLetters] = await Promise.all([
    sum(ALL_SHARDS.map(erasureKeys.inShard)),
    sum(ALL_SHARDS.map(erasureKeys.rejectionsInShard)),
    sum(destinationIds.map(erasureKeys.inDestination)),
  ]);
  return { events, deadLetters, rejections };
}

export async function forgetCounts(
  redis: RedisConnections,
  erasureId: string,
  destinationIds: readonly string[],
): Promise<void> {
  const keys = [
    ...ALL_SHARDS.map(erasureKeys.inShard),
    ...ALL_SHARDS.map(erasureKeys.rejectionsInShard),
    ...destinationIds.map(erasureKeys.inDestination),
  ];
  await Promise.all(keys.map((key) => redis.shared.hdel(key, erasureId)));
}
