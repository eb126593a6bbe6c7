import { defineScript } from '#platform';

/**
 * Adds refused requests to a shard's stream and drops the oldest beyond its bytes and age.
 * KEYS: 1 stream, 2 counters. ARGV: 1 bytes at most, 2 oldest id to keep, then one JSON text per request.
 */
export const recordRejectionsScript = defineScript(
  'gwRecordRejections',
  `
local bytes = 0
for i = 3, #ARGV do
  redis.call('XADD', KEYS[1], '*', 'j', ARGV[i])
  bytes = redis.call('HINCRBY', KEYS[2], 'rejectionBytes', #ARGV[i])
end
local function oldest() return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1] end
local function drop(entry)
  redis.call('XDEL', KEYS[1], entry[1])
  bytes = redis.call('HINCRBY', KEYS[2], 'rejectionBytes', -#entry[2][2])
end
while bytes > tonumber(ARGV[1]) do
  local entry = oldest()
  if not entry then break end
  drop(entry)
end
for _ = 1, 100 do
  local entry = oldest()
  if not entry or tonumber(string.match(entry[1], '^%d+')) >= tonumber(ARGV[2]) then break end
  drop(entry)
end
return bytes
`,
);
