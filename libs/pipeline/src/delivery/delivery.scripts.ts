import { defineScript } from '#platform';

/**
 * May a request go out now? Holds for pause, breaker, a destination's Retry-After, full dead letters and rate limits,
 * in this order; while the breaker is open one request at a time may probe, of a batch that has not failed before one that
 * has. Where every part of the batch waits for another try it is too early, unless it is a probe or the destination is a
 * later state of the one that asked: that costs no request.
 * KEYS: 1 state, 2 record, then one rate list per window. ARGV: 1 paused or '', 2 from when on it may be probed again (ms),
 * 3 bytes of dead letters at most, 4 when the destination was changed (ms), 5 whom it asks, 6 how much later by what has
 * failed (ms), then per window: requests, milliseconds.
 * Returns `{verdict, ms to wait, reason, revision, record, refusals in a row}`; verdict is go, probe, hold, early or gone.
 */
export const admitScript = defineScript(
  'gwAdmit',
  `
local record = redis.call('HMGET', KEYS[2], 'r', 'j', 'f', 'd')
-- A finished record stays for the trace; a job that is run once more finds nothing to do.
if not record[2] or record[3] then return {'gone'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'breakerSince', 'probeAt', 'holdUntil', 'deadBytes', 'refusals', 'breakerCode', 'holdOf')
local function answer(verdict, wait, reason)
  return {verdict, wait, reason, tonumber(record[1]), record[2], tonumber(state[5] or '0')}
end
if ARGV[1] ~= '' then return answer('hold', 3600000, ARGV[1]) end
if tonumber(state[4] or '0') >= tonumber(ARGV[3]) then return answer('hold', 5000, 'dead_letters_full') end
local hold = tonumber(state[3] or '0')
if hold > now and (state[7] or ARGV[5]) == ARGV[5] then return answer('hold', hold - now, 'retry_after') end
local probing = false
if state[1] then
  local probeAt = tonumber(state[2] or '0') + (record[4] and tonumber(ARGV[6]) or 0)
  if probeAt > now then return answer('hold', probeAt - now, state[6]) end
  probing = true
end
local due, changedAt = string.match(record[4] or '', '^(%d+)|(%d+)$')
if not probing and due and tonumber(due) > now and tonumber(changedAt) >= tonumber(ARGV[4]) then return answer('early', tonumber(due) - now, '') end
for w = 3, #KEYS do
  local requests, span = tonumber(ARGV[7 + 2 * (w - 3)]), tonumber(ARGV[8 + 2 * (w - 3)])
  local oldest = redis.call('LINDEX', KEYS[w], requests - 1)
  if oldest and tonumber(oldest) + span > now then return answer('hold', tonumber(oldest) + span - now, 'rate_limit') end
end
for w = 3, #KEYS do
  local requests, span = tonumber(ARGV[7 + 2 * (w - 3)]), tonumber(ARGV[8 + 2 * (w - 3)])
  redis.call('LPUSH', KEYS[w], string.format('%d', now))
  redis.call('LTRIM', KEYS[w], 0, requests - 1)
  redis.call('PEXPIRE', KEYS[w], span)
end
if probing then
  redis.call('HSET', KEYS[1], 'probeAt', string.format('%d', now + tonumber(ARGV[2])))
  return answer('probe', 0, state[6])
end
return answer('go', 0, '')
`,
);

/**
 * Writes down what an attempt meant: the record's new state, the counters, dead letters and the breaker, in one step.
 * Refused when somebody else has written the record since (the job's lock was lost).
 * KEYS: 1 record, 2 batches, 3 state, 4 open, 5 settled, 6 finished, 7 dead letters, 8 dead letter order, 9 resting,
 * 10 busy users, 11 any user and 12 any shard's ready users (only their names before the user, before the shard).
 * ARGV: 1 expected revision, 2 new record, 3 batch id, 4 '1' if complete, 5 settlement (JSON, see settlement.ts).
 * Returns `{'stale'}`, or `{'ok', breaker: '', 'opened' or 'closed', {segments settled…}}`.
 */
export const settleScript = defineScript(
  'gwSettle',
  `
if redis.call('HGET', KEYS[1], 'r') ~= ARGV[1] then return {'stale'} end
-- First, because Redis lets a script write on without memory once it has deleted something: only settling makes room.
redis.call('HDEL', KEYS[1], 'd')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%d', now)
local s = cjson.decode(ARGV[5])
local done = {}
for i = 1, #s.segments, 2 do
  local id, count = s.segments[i], s.segments[i + 1]
  local open = redis.call('HGET', KEYS[4], id)
  if open then
    local left, batches = string.match(open, '^(.-)|(.*)$')
    left = tonumber(left) - count
    if not string.find(batches, ARGV[3], 1, true) then
      batches = batches == '' and ARGV[3] or (batches .. ',' .. ARGV[3])
    end
    if left > 0 then
      redis.call('HSET', KEYS[4], id, string.format('%d', left) .. '|' .. batches)
    else
      redis.call('HDEL', KEYS[4], id)
      redis.call('HSET', KEYS[5], id, batches)
      done[#done + 1] = id .. '|' .. batches
    end
  end
end
for i = 1, #s.counters, 2 do
  if s.counters[i + 1] ~= 0 then redis.call('HINCRBY', KEYS[3], s.counters[i], string.format('%d', s.counters[i + 1])) end
end
for i = 1, #s.dead, 2 do
  local id, letter = s.dead[i], s.dead[i + 1]
  local old = redis.call('HGET', KEYS[7], id)
  redis.call('HSET', KEYS[7], id, letter)
  redis.call('ZADD', KEYS[8], stamp, id)
  redis.call('HINCRBY', KEYS[3], 'deadBytes', #letter - (old and #old or 0))
  if not old then redis.call('HINCRBY', KEYS[3], 'dead', 1) end
end
if s.lastError then redis.call('HSET', KEYS[3], 'lastError', s.lastError) end
-- Of two answers that ask for a rest, the longer one holds; a former address or account asks for nothing any more.
local rest = redis.call('HMGET', KEYS[3], 'holdUntil', 'holdOf')
if s.holdMs > 0 and (rest[2] ~= s.holdOf or now + s.holdMs > tonumber(rest[1] or '0')) then
  redis.call('HSET', KEYS[3], 'holdUntil', string.format('%d', now + s.holdMs), 'holdOf', s.holdOf)
end

local breaker = ''
local function open(code)
  if redis.call('HSETNX', KEYS[3], 'breakerSince', stamp) == 1 then breaker = 'opened' end
  redis.call('HSET', KEYS[3], 'breakerCode', code, 'probeAt', string.format('%d', now + s.probeMs))
end
if s.health == 'good' then
  redis.call('HSET', KEYS[3], 'failures', 0)
  if s.accepted then redis.call('HSET', KEYS[3], 'refusals', 0) end
  if redis.call('HDEL', KEYS[3], 'breakerSince', 'breakerCode', 'probeAt') > 0 then breaker = 'closed' end
elseif s.health == 'broken' then
  open(s.code)
elseif s.health == 'failed' then
  local failures = redis.call('HINCRBY', KEYS[3], 'failures', 1)
  if failures >= s.failuresToOpen or redis.call('HEXISTS', KEYS[3], 'breakerSince') == 1 then open(s.code) end
end
-- Whose event is settled may send the next one.
for _, user in ipairs(s.users or {}) do
  redis.call('SREM', KEYS[10], user)
  local head = redis.call('ZRANGE', KEYS[11] .. user, 0, 0, 'WITHSCORES')
  if head[1] then redis.call('ZADD', KEYS[12] .. string.match(user, '^%d+'), head[2], user) end
end
if s.restsUntil then
  redis.call('ZREMRANGEBYSCORE', KEYS[9], '-inf', stamp)
  redis.call('ZADD', KEYS[9], string.format('%d', s.restsUntil), ARGV[3])
  redis.call('HSET', KEYS[1], 'd', string.format('%d|%d', s.restsUntil, s.changedAt))
else
  redis.call('ZREM', KEYS[9], ARGV[3])
end
if s.refused > 0 then redis.call('HINCRBY', KEYS[3], 'refusals', s.refused) end

redis.call('HSET', KEYS[1], 'r', tonumber(ARGV[1]) + 1, 'j', ARGV[2])
if ARGV[4] == '1' then
  redis.call('HSET', KEYS[1], 'f', '1')
  redis.call('ZREM', KEYS[2], ARGV[3])
  redis.call('HINCRBY', KEYS[3], 'openBytes', -s.bytes)
  redis.call('ZADD', KEYS[6], stamp, ARGV[3])
  local kept = redis.call('HINCRBY', KEYS[3], 'finishedBytes', #ARGV[2])
  local prefix = string.sub(KEYS[1], 1, #KEYS[1] - #ARGV[3])
  while true do
    local head = redis.call('ZRANGE', KEYS[6], 0, 0, 'WITHSCORES')
    local oldest = head[1]
    if not oldest or (kept <= s.finishedMaxBytes and tonumber(head[2]) >= now - s.finishedMaxAgeMs) then break end
    redis.call('ZREM', KEYS[6], oldest)
    local size = #(redis.call('HGET', prefix .. oldest, 'j') or '')
    redis.call('DEL', prefix .. oldest)
    kept = redis.call('HINCRBY', KEYS[3], 'finishedBytes', -size)
  end
end
return {'ok', breaker, done}
`,
);

/**
 * Forgets a deleted destination: everything of it that waits is handed back to the segments' ledgers. Repeat it while it
 * returns 0. Returns 2 where one that was created later under its id has got events already: that one delivers what is left.
 * KEYS: 1 pending, 2 batches, 3 state, 4 open, 5 settled, 6 finished, 7 seen, 8 gone, 9 any record (only its name before
 * the id is used), 10 dead letters, 11 dead letter order, 12 resting, 13 busy users, 14 any user and 15 any shard's ready
 * users (only their names), 16 what is left of `open`. ARGV: 1 how long late routers are refused (s), 2 when the one that was
 * deleted was created (ms), 3 users and segments forgotten in one run, 4 number of shards.
 */
export const discardScript = defineScript(
  'gwDiscard',
  `
local livesAgain = tonumber(redis.call('HGET', KEYS[3], 'born') or '-1') > tonumber(ARGV[2])
local most = tonumber(ARGV[3])
-- Of a run before; what the one that lives again has open is not among it.
if redis.call('EXISTS', KEYS[16]) == 0 and not livesAgain then
  -- First, because Redis lets a script write on without memory once it has deleted something.
  redis.call('DEL', KEYS[7])
  redis.call('SET', KEYS[8], ARGV[2], 'EX', ARGV[1])
  for _, set in ipairs({KEYS[2], KEYS[6]}) do
    for _, id in ipairs(redis.call('ZRANGE', set, 0, -1)) do redis.call('DEL', KEYS[9] .. id) end
  end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[10], KEYS[11], KEYS[12])
  if redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[16]) end
end
local open = redis.call('HRANDFIELD', KEYS[16], most)
for _, id in ipairs(open) do
  redis.call('HDEL', KEYS[16], id)
  redis.call('HSET', KEYS[5], id, '')
end
most = most - #open
if most <= 0 then return 0 end
if livesAgain then return 2 end
if redis.call('EXISTS', KEYS[4]) == 1 then return 0 end
for shard = 0, tonumber(ARGV[4]) - 1 do
  local users = redis.call('ZPOPMIN', KEYS[15] .. shard, most)
  for i = 1, #users, 2 do redis.call('DEL', KEYS[14] .. users[i]) end
  most = most - #users / 2
  if most <= 0 then return 0 end
end
local busy = redis.call('SPOP', KEYS[13], most)
for _, user in ipairs(busy) do redis.call('DEL', KEYS[14] .. user) end
if #busy == most then return 0 end
return 1
`,
);
