import { defineScript } from '#platform';

/** KEYS: 1 dead letters, 2 order, 3 state. ARGV: 1 id. Returns 1 if there was one. */
export const discardDeadLetterScript = defineScript(
  'gwDiscardDeadLetter',
  `
local letter = redis.call('HGET', KEYS[1], ARGV[1])
if not letter then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], 'dead', -1)
redis.call('HINCRBY', KEYS[3], 'deadBytes', -#letter)
return 1
`,
);

/**
 * Parks events that were never gathered. KEYS: 1 dead letters, 2 order, 3 state. ARGV: id and JSON by turns.
 */
export const addDeadLettersScript = defineScript(
  'gwAddDeadLetters',
  `
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
for i = 1, #ARGV, 2 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call('ZADD', KEYS[2], now, ARGV[i])
  redis.call('HINCRBY', KEYS[3], 'deadBytes', #ARGV[i + 1] - (old and #old or 0))
  if not old then redis.call('HINCRBY', KEYS[3], 'dead', 1) end
end
return #ARGV / 2
`,
);

/**
 * Forgets dead letters of before a time. KEYS: 1 dead letters, 2 order, 3 state. ARGV: 1 time (ms), 2 at most.
 * Returns how many.
 */
export const expireDeadLettersScript = defineScript(
  'gwExpireDeadLetters',
  `
local ids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(ids) do
  local letter = redis.call('HGET', KEYS[1], id)
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  if letter then
    redis.call('HINCRBY', KEYS[3], 'dead', -1)
    redis.call('HINCRBY', KEYS[3], 'deadBytes', -#letter)
  end
end
return #ids
`,
);
