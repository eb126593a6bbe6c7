import { defineScript } from '#platform';

/**
 * Keeps segments for a destination that cannot tell yet what it wants of them. Refused like an addition to the pending list.
 * KEYS: 1 unjudged, 2 state, 3 gone. ARGV: 1 end of the router's lease (ms), 2 when the destination was created (ms),
 * 3 last error (JSON), then per segment: id, ranges, count. Returns 1, -1 when late, -2 when deleted.
 */
export const deferScript = defineScript(
  'gwDefer',
  `
local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[1]) then return -1 end
if tonumber(redis.call('GET', KEYS[3]) or '-1') >= tonumber(ARGV[2]) then return -2 end
redis.call('HSET', KEYS[2], 'lastError', ARGV[3])
if tonumber(redis.call('HGET', KEYS[2], 'born') or '-1') < tonumber(ARGV[2]) then redis.call('HSET', KEYS[2], 'born', ARGV[2]) end
for i = 4, #ARGV, 3 do
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1]) == 1 then
    redis.call('HINCRBY', KEYS[2], 'unjudged', ARGV[i + 2])
  end
end
return 1
`,
);

/** KEYS: 1 unjudged, 2 state. ARGV: segment id and count by turns. */
export const judgedScript = defineScript(
  'gwJudged',
  `
for i = 1, #ARGV, 2 do
  if redis.call('HDEL', KEYS[1], ARGV[i]) == 1 then redis.call('HINCRBY', KEYS[2], 'unjudged', -ARGV[i + 1]) end
end
return 1
`,
);
