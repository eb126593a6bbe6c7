import { Injectable } from '@nestjs/common';
import { defineScript, RedisConnections } from '#platform';

/**
 * Sorted set: ids of deleted destinations by when they were deleted or last taken up (ms by Redis' clock). The script
 * that deletes a destination adds it, and creates none of its id before what waited for it is discarded.
 */
export const DELETED_KEY = 'gw:{cfg}:deleted';

// KEYS: deleted. ARGV: milliseconds since when an entry has been left alone, how many at most.
const TAKE = defineScript(
  'gwTakeDeleted',
  `local time = redis.call('TIME')
   local now = time[1] * 1000 + math.floor(time[2] / 1000)
   local before = string.format('%d', now - tonumber(ARGV[1]))
   local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', before, 'LIMIT', 0, ARGV[2])
   for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], string.format('%d', now), id) end
   return ids`,
);

const AT_ONCE = 50;

/** Deleted destinations of which something may be left, until somebody has seen to it. */
@Injectable()
export class DeletedDestinations {
  constructor(private readonly redis: RedisConnections) {}

  /** Those that nobody has taken up for so long; nobody else gets them for as long again. */
  async take(idleMs: number): Promise<readonly string[]> {
    const ids = await TAKE.run(this.redis.shared, [DELETED_KEY], [idleMs, AT_ONCE]);
    return Array.isArray(ids) ? ids.map(String) : [];
  }

  /** False: it was cleared, and may exist again. */
  async has(id: string): Promise<boolean> {
    return (await this.redis.shared.zscore(DELETED_KEY, id)) !== null;
  }

  /** Nothing of it is left. */
  async cleared(id: string): Promise<void> {
    await this.redis.shared.zrem(DELETED_KEY, id);
  }
}
