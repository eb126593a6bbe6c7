import { defineScript } from '#platform';

/**
 * Puts events back for one destination as a segment of its own, routed already. Repeating it changes nothing.
 * KEYS: 1 segment, 2 unrouted, 3 counters, 4 segments, 5 ledger, 6 mark. ARGV: 1 segment id, 2 header, 3 bodies,
 * 4 decision, 5 destination, 6 events, 7 lifetime of the mark (s). Returns 1 if it was written now.
 */
export const putBackScript = defineScript(
  'gwPutBack',
  `
if not redis.call('SET', KEYS[6], '1', 'NX', 'EX', ARGV[7]) then return 0 end
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

/**
 * Writes a replay's next state if it is still what the writer read, and keeps it among the active ones while it runs.
 * KEYS: 1 replays, 2 active. ARGV: 1 id, 2 state as read ('' for a new one), 3 new state, 4 '1' while active,
 * 5 created (ms). Returns 1 if written.
 */
export const saveReplayScript = defineScript(
  'gwSaveReplay',
  `
local old = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if old ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], ARGV[5], ARGV[1]) else redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
`,
);
