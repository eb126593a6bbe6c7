import { defineScript } from '#platform';

/**
 * Puts a segment with fewer events in place of the one that was read, and counts what was erased in the same step.
 * KEYS: 1 segment, 2 counters, 3 erased. ARGV: 1 revision as read ('' for none), 2 header, 3 bodies, 4 erasure id,
 * 5 events erased. Returns 1 if written, 0 if somebody else wrote first, -1 if the segment is gone.
 */
export const rewriteSegmentScript = defineScript(
  'gwRewriteSegment',
  `
local fields = redis.call('HMGET', KEYS[1], 'z', 'x', 'w')
if not fields[1] then return -1 end
if (fields[3] or '') ~= ARGV[1] then return 0 end
local size = #ARGV[2] + #ARGV[3] + 256
redis.call('HSET', KEYS[1], 'h', ARGV[2], 'b', ARGV[3], 'z', size, 'w', tonumber(fields[3] or '0') + 1)
redis.call('HINCRBY', KEYS[2], fields[2] and 'hbytes' or 'bytes', size - tonumber(fields[1]))
if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[3], ARGV[4], ARGV[5]) end
return 1
`,
);

/**
 * Takes dead letters out of the list. KEYS: 1 dead letters, 2 order, 3 state, 4 erased. ARGV: 1 erasure id, then ids.
 */
export const eraseDeadLettersScript = defineScript(
  'gwEraseDeadLetters',
  `
for i = 2, #ARGV do
  local letter = redis.call('HGET', KEYS[1], ARGV[i])
  if letter then
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    redis.call('HINCRBY', KEYS[3], 'dead', -1)
    redis.call('HINCRBY', KEYS[3], 'deadBytes', -#letter)
    redis.call('HINCRBY', KEYS[4], ARGV[1], 1)
  end
end
return 1
`,
);

/** Takes refused requests out of a shard's stream. KEYS: 1 stream, 2 counters, 3 erased. ARGV: 1 erasure id, then entry ids. */
export const eraseRejectionsScript = defineScript(
  'gwEraseRejections',
  `
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry then
    redis.call('XDEL', KEYS[1], ARGV[i])
    redis.call('HINCRBY', KEYS[2], 'rejectionBytes', -#entry[2][2])
    redis.call('HINCRBY', KEYS[3], ARGV[1], 1)
  end
end
return 1
`,
);
