import { defineScript } from '#platform';

/**
 * Leases a chunk of one rate window. The window starts with its first lease.
 * KEYS: 1 window. ARGV: 1 limit, 2 chunk, 3 length (ms). Returns `{granted now, granted in all, ms until it ends}`.
 */
export const leaseScript = defineScript(
  'gwLease',
  `
local limit = tonumber(ARGV[1])
local before = tonumber(redis.call('GET', KEYS[1]) or '0')
local granted = math.min(tonumber(ARGV[2]), limit - before)
if granted <= 0 then return {0, before, redis.call('PTTL', KEYS[1])} end
local total = redis.call('INCRBY', KEYS[1], granted)
if before == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return {granted, total, redis.call('PTTL', KEYS[1])}
`,
);
