import { defineScript } from '#platform';

/**
 * Where a destination stands. KEYS: 1 state, 2 pending, 3 batches, 4 any record, 5 any user and 6 any shard's ready users
 * (of the last three only their names before the id is used). ARGV: 1 number of shards.
 * Returns `{events not settled, dead letters, 1 if the breaker is open, segments…}`: those of the oldest pending
 * reference, of the oldest open batch, and of what waits longest of each shard's users.
 */
export const standingScript = defineScript(
  'gwStanding',
  `
local state = redis.call('HMGET', KEYS[1], 'pending', 'open', 'dead', 'breakerSince', 'ordered')
local head = redis.call('LINDEX', KEYS[2], 0)
local batch = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
local record = batch and redis.call('HGET', KEYS[4] .. batch, 'j')
local standing = {
  tonumber(state[1] or '0') + tonumber(state[2] or '0'),
  tonumber(state[3] or '0'),
  state[4] and 1 or 0,
  head and string.match(head, '^(.-)|') or '',
  record and string.match(record, '"references":%[%["(.-)"') or ''
}
if tonumber(state[5] or '0') > 0 then
  for shard = 0, tonumber(ARGV[1]) - 1 do
    local user = redis.call('ZRANGE', KEYS[6] .. shard, 0, 0)[1]
    local first = user and redis.call('ZRANGE', KEYS[5] .. user, 0, 0)[1]
    if first then standing[#standing + 1] = string.match(first, '^(.-)|') end
  end
end
return standing
`,
);
