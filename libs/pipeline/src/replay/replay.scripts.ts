import { defineScript } from '#platform';

/**
 * Puts events back for one destination as a segment of its own, routed already. Repeating it changes nothing.
 * KEYS: 1 segment, 2 unrouted, 3 counters, 4 segments, 5 ledger, 6 mark, 7 erased. ARGV: 1 segment id, 2 header, 3 bodies,
 * 4 decision, 5 destination, 6 events, 7 lifetime of the mark (s), 8 field of the erasures' epoch, 9 the epoch before the
 * events were read. Returns 1 if it was written now, 0 if it had been, -1 if something may have been erased since.
 */
export const putBackScript = defineScript(
  'gwPutBack',
  `
if redis.call('EXISTS', KEYS[6]) == 1 then return 0 end
if (redis.call('HGET', KEYS[7], ARGV[8]) or '') ~= ARGV[9] then return -1 end
redis.call('SET', KEYS[6], '1', 'EX', ARGV[7])
local size = #ARGV[2] + #ARGV[3] + 256
local events = tonumber(ARGV[6])
local sequence = redis.call('HINCRBY', KEYS[3], 'seq', events) - events
redis.call('HSET', KEYS[1], 'h', ARGV[2], 'b', ARGV[3], 'q', sequence, 'z', size, 'd', '', 'r', ARGV[4])
redis.call('SADD', KEYS[5], ARGV[5])
redis.call('ZADD', KEYS[2], sequence, ARGV[1])
redis.call('ZADD', KEYS[4], sequence, ARGV[1])
redis.call('HINCRBY', KEYS[3], 'bytes', size)
return 1
`,
);
