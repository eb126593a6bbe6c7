import { defineScript } from '#platform';

/**
 * Writes one segment and everything that makes it exactly-once at the door, in one step on one shard: idempotency
 * records, natural keys, acceptance sequence, queued bytes and the unrouted entry.
 *
 * KEYS: 1 segment, 2 unrouted, 3 counters, 4 segments, then the natural-key buckets (newest first), then idempotency keys.
 * ARGV: 1 segment id, 2 header, 3 bodies, 4 number of natural buckets, 5 bucket lifetime (s), 6 latest time by Redis'
 *   clock at which this may still be written (ms), 7 positions in the segment, 8 events accepted by requests that have
 *   no key at all, 9 number of requests that have one; then for each of these: index of its idempotency key in KEYS or
 *   0, idempotency lifetime (s), record, base, total, accepted, number of natural keys, and for each of these its
 *   position and digest.
 * Returns `{queued bytes, per request with a key the stored record of a repeat or ''}`, or `{-1}` when it came too late,
 * or `{-2}` when there is a segment of this id.
 *
 * The first write is one that Redis refuses when memory is full; after it nothing can fail, so it is all or nothing.
 */
export const appendScript = defineScript(
  'gwAppend',
  `
local time = redis.call('TIME')
if time[1] * 1000 + time[2] / 1000 > tonumber(ARGV[6]) then return {-1} end
if redis.call('EXISTS', KEYS[1]) == 1 then return {-2} end
local bucketCount = tonumber(ARGV[4])
local replies, skipped, live = {}, {}, tonumber(ARGV[8])
local a = 10
for request = 1, tonumber(ARGV[9]) do
  local idempotency = tonumber(ARGV[a])
  local base, total, naturals = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 6])
  local first = a + 7
  local stored = idempotency > 0 and redis.call('GET', KEYS[idempotency])
  if stored then
    replies[request] = stored
    if total > 0 then skipped[#skipped + 1] = base .. '-' .. (base + total - 1) end
  else
    replies[request] = ''
    if idempotency > 0 then redis.call('SET', KEYS[idempotency], ARGV[a + 2], 'EX', ARGV[a + 1]) end
    live = live + tonumber(ARGV[a + 5])
    for n = 0, naturals - 1 do
      local position, digest = ARGV[first + 2 * n], ARGV[first + 2 * n + 1]
      local repeated = redis.call('SADD', KEYS[5], digest) == 0
      local bucket = 6
      while not repeated and bucket < 5 + bucketCount do
        repeated = redis.call('SISMEMBER', KEYS[bucket], digest) == 1
        bucket = bucket + 1
      end
      if repeated then
        skipped[#skipped + 1] = tostring(base + tonumber(position))
        live = live - 1
      end
    end
    if naturals > 0 then redis.call('EXPIRE', KEYS[5], ARGV[5]) end
  end
  a = first + 2 * naturals
end
if live > 0 then
  local size = #ARGV[2] + #ARGV[3] + 256
  local sequence = redis.call('HINCRBY', KEYS[3], 'seq', ARGV[7]) - tonumber(ARGV[7])
  redis.call('HSET', KEYS[1], 'h', ARGV[2], 'b', ARGV[3], 'q', sequence, 'z', size, 'd', table.concat(skipped, ','))
  redis.call('ZADD', KEYS[2], sequence, ARGV[1])
  redis.call('ZADD', KEYS[4], sequence, ARGV[1])
  redis.call('HINCRBY', KEYS[3], 'events', live)
  redis.call('HINCRBY', KEYS[3], 'bytes', size)
end
return {tonumber(redis.call('HGET', KEYS[3], 'bytes') or '0'), unpack(replies)}
`,
);
