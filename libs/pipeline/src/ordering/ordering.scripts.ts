import { defineScript } from '#platform';

/**
 * As addPendingScript, for a destination that keeps users' order: an event with a user waits in its user's queue, at the
 * place that its acceptance gave it, however late it is added.
 * KEYS: 1 pending, 2 seen, 3 open, 4 state, 5 gone, 6 busy users, 7 any user and 8 any shard's ready users (only their
 * names before the user, before the shard). ARGV: 1 end of the lease (ms), 2 bytes this destination may have queued or -1,
 * 3 when the destination was created (ms), then per segment: id, count, bytes of one event, sequence, shard, positions
 * without a user, their number, number of users, and per user: its name, positions.
 * Returns as addPendingScript does.
 */
export const addOrderedScript = defineScript(
  'gwAddOrdered',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[1]) then return {-1} end
if tonumber(redis.call('GET', KEYS[5]) or '-1') >= tonumber(ARGV[3]) then return {-2} end
local most = tonumber(ARGV[2])
local counters = redis.call('HMGET', KEYS[4], 'pendingBytes', 'openBytes', 'born')
-- Whose all this is, should another of the same id have been deleted a moment ago and not be forgotten yet.
if tonumber(counters[3] or '-1') < tonumber(ARGV[3]) then redis.call('HSET', KEYS[4], 'born', ARGV[3]) end
local queued = tonumber(counters[1] or '0') + tonumber(counters[2] or '0')
local stamp = string.format('%d', now)
local events, bytes, ordered, full = 0, 0, 0, {}

local function addUser(user, ranges, id, size, sequence, ready)
  local first
  for part in string.gmatch(ranges, '[^,]+') do
    local from, to = string.match(part, '^(%d+)-(%d+)$')
    for position = tonumber(from or part), tonumber(to or part) do
      local place = string.format('%d', sequence + position)
      first = first or place
      redis.call('ZADD', KEYS[7] .. user, place, id .. '|' .. position .. '|' .. size .. '|' .. stamp)
      ordered = ordered + 1
    end
  end
  if redis.call('SISMEMBER', KEYS[6], user) == 0 then redis.call('ZADD', ready, 'LT', first, user) end
end

local a = 4
while a <= #ARGV do
  local id, count, size, sequence = ARGV[a], tonumber(ARGV[a + 1]), ARGV[a + 2], tonumber(ARGV[a + 3])
  local users = a + 8
  local total = tonumber(size) * count
  a = users + 2 * tonumber(ARGV[a + 7])
  if redis.call('HEXISTS', KEYS[3], id) == 1 then
    redis.call('ZADD', KEYS[2], stamp, id)
  elseif not redis.call('ZSCORE', KEYS[2], id) then
    if redis.call('ZSCORE', KEYS[2], '!' .. id) or (most >= 0 and queued + bytes + total > most) then
      redis.call('ZADD', KEYS[2], stamp, '!' .. id)
      full[#full + 1] = id
    else
      redis.call('ZADD', KEYS[2], stamp, id)
      redis.call('HSET', KEYS[3], id, count .. '|')
      local plain = tonumber(ARGV[users - 2])
      if plain > 0 then
        redis.call('RPUSH', KEYS[1], id .. '|' .. ARGV[users - 3] .. '|' .. plain .. '|' .. (plain * tonumber(size)) .. '|' .. ARGV[users - 5] .. '|' .. stamp)
      end
      for u = users, a - 1, 2 do addUser(ARGV[u], ARGV[u + 1], id, size, sequence, KEYS[8] .. ARGV[users - 4]) end
      events = events + count
      bytes = bytes + total
    end
  end
end
if events > 0 then
  redis.call('HINCRBY', KEYS[4], 'pendingBytes', bytes)
  redis.call('HINCRBY', KEYS[4], 'pending', events)
  redis.call('HINCRBY', KEYS[4], 'ordered', ordered)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%d', now - 120000))
-- A write in any case: who waits for replicas to have it waits for what an earlier router wrote, too.
redis.call('EXPIRE', KEYS[2], 600)
return {tonumber(redis.call('HGET', KEYS[4], 'pending') or '0'), now, unpack(full)}
`,
);

/**
 * The acceptance sequence below which a shard's events are with every destination that wants them. It only grows. Segments
 * that nobody could read in so many tries do not hold back the others.
 * KEYS: 1 unrouted, 2 counters, 3 any segment (only its name before the id is used). ARGV: 1 tries.
 */
export const watermarkScript = defineScript(
  'gwWatermark',
  `
local entries = redis.call('ZRANGE', KEYS[1], 0, 49, 'WITHSCORES')
for i = 1, #entries, 2 do
  local tries = redis.call('HGET', KEYS[3] .. entries[i], 'u')
  if not tries or tonumber(tries) < tonumber(ARGV[1]) then return entries[i + 1] end
end
if #entries == 100 then return entries[100] end
return redis.call('HGET', KEYS[2], 'seq') or '0'
`,
);

/** Counts a try in which a segment could not be read. KEYS: 1 segment. */
export const unreadableScript = defineScript(
  'gwUnreadable',
  `
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'u', 1) end
`,
);
