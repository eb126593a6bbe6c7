import { defineScript } from '#platform';

/** Hash: `first` and `last` number in use, `bytes` of all entries, and number → entry. One tag with the configuration. */
export const AUDIT_KEY = 'gw:{cfg}:audit';

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_AGE_MS = 400 * 86_400_000;

/**
 * For scripts of the configuration: `audit(key, at)` adds the entries that stand in ARGV from `at + 2` on and drops the
 * oldest beyond the bytes ARGV[at] and the age ARGV[at + 1] (ms since 1970). Returns the number of the latest.
 */
export const AUDIT_FUNCTION = `
local function audit(key, at)
  local known = redis.call('HMGET', key, 'first', 'last', 'bytes')
  local first, last, bytes = tonumber(known[1] or '1'), tonumber(known[2] or '0'), tonumber(known[3] or '0')
  for i = at + 2, #ARGV do
    last = last + 1
    redis.call('HSET', key, string.format('%d', last), ARGV[i])
    bytes = bytes + #ARGV[i]
  end
  while first < last do
    local field = string.format('%d', first)
    local oldest = redis.call('HGET', key, field)
    if oldest then
      if bytes <= tonumber(ARGV[at]) and tonumber(string.sub(oldest, 1, 13)) >= tonumber(ARGV[at + 1]) then break end
      redis.call('HDEL', key, field)
      bytes = bytes - #oldest
    end
    first = first + 1
  end
  redis.call('HSET', key, 'first', first, 'last', last, 'bytes', bytes)
  return last
end
`;

/** What `audit` takes from `at` on. */
export function auditArguments(entries: readonly string[]): readonly (string | number)[] {
  return [MAX_BYTES, oldestKept(), ...entries];
}

/** Milliseconds since 1970. */
export function oldestKept(): number {
  return Date.now() - MAX_AGE_MS;
}

// KEYS: audit. ARGV: as for `audit` at 1.
export const APPEND_AUDIT = defineScript('gwAuditAppend', `${AUDIT_FUNCTION}\nreturn audit(KEYS[1], 1)`);

/** Replaces an entry that is still there. KEYS: audit. ARGV: its number, the entry. */
export const REPLACE_AUDIT = defineScript(
  'gwAuditReplace',
  `local before = redis.call('HGET', KEYS[1], ARGV[1])
   if not before then return 0 end
   redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
   redis.call('HINCRBY', KEYS[1], 'bytes', #ARGV[2] - #before)
   return 1`,
);
