import { defineScript } from '#platform';

/**
 * KEYS: 1 dead letters, 2 order, 3 state. ARGV: 1 parked until then (ms), or '': an event that was refused again since is
 * another letter under the same id; then ids. Returns how many there were.
 */
export const discardDeadLettersScript = defineScript(
  'gwDiscardDeadLetters',
  `
local count, bytes = 0, 0
local bound = tonumber(ARGV[1])
for i = 2, #ARGV do
  local id = ARGV[i]
  local letter = redis.call('HGET', KEYS[1], id)
  if letter and (not bound or tonumber(redis.call('ZSCORE', KEYS[2], id) or '0') <= bound) then
    redis.call('HDEL', KEYS[1], id)
    redis.call('ZREM', KEYS[2], id)
    count = count + 1
    bytes = bytes + #letter
  end
end
if count > 0 then
  redis.call('HINCRBY', KEYS[3], 'dead', -count)
  redis.call('HINCRBY', KEYS[3], 'deadBytes', -bytes)
end
return count
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
