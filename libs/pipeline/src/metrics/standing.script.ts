import { defineScript } from '#platform';

/**
 * Where a destination stands. KEYS: 1 state, 2 pending, 3 batches, 4 any record (only its name before the id is used).
 * Returns `{events not settled, dead letters, 1 if the breaker is open, oldest pending segment or '', segment of the
 * oldest open batch or ''}`.
 */
export const standingScript = defineScript(
  'gwStanding',
  `
local state = redis.call('HMGET', KEYS[1], 'pending', 'open', 'dead', 'breakerSince')
local head = redis.call('LINDEX', KEYS[2], 0)
local batch = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
local record = batch and redis.call('HGET', KEYS[4] .. batch, 'j')
return {
  tonumber(state[1] or '0') + tonumber(state[2] or '0'),
  tonumber(state[3] or '0'),
  state[4] and 1 or 0,
  head and string.match(head, '^(.-)|') or '',
  record and string.match(record, '"references":%[%["(.-)"') or ''
}
`,
);
