import { defineScript } from '#platform';

/**
 * Takes unrouted segments for a while. A router that dies lets the lease run out, and another takes them again.
 * KEYS: 1 unrouted, 2 claims, 3 any segment (only its name before the id is used). ARGV: 1 at most, 2 lease (ms).
 * Returns `{end of the lease (ms), then per segment: id, header or '' where it is gone, sequence, duplicates, 1 if it was
 * decided already who gets it, else 0}`.
 */
export const claimScript = defineScript(
  'gwClaim',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most = tonumber(ARGV[1])
local deadline = string.format('%d', now + tonumber(ARGV[2]))
local taken, count = {deadline}, 0
local ids = redis.call('ZRANGE', KEYS[1], 0, most + redis.call('ZCARD', KEYS[2]) - 1)
for _, id in ipairs(ids) do
  local lease = tonumber(redis.call('ZSCORE', KEYS[2], id) or '0')
  -- One that lasts longer than any can was given before the clock was set back.
  if lease <= now or lease > now + tonumber(ARGV[2]) then
    redis.call('ZADD', KEYS[2], deadline, id)
    taken[#taken + 1] = id
    for _, field in ipairs(redis.call('HMGET', KEYS[3] .. id, 'h', 'q', 'd')) do taken[#taken + 1] = field or '' end
    taken[#taken + 1] = redis.call('HEXISTS', KEYS[3] .. id, 'r')
    count = count + 1
    if count == most then break end
  end
end
return taken
`,
);

/**
 * Writes down who gets a segment, before anyone does. The first decision stands, whatever was configured since.
 * KEYS: per segment: segment, ledger. ARGV: per segment: decision (JSON: destination → positions), number of
 * destinations, destinations. Returns per segment `{decision, open destinations…}`, empty when the segment is gone.
 */
export const openLedgersScript = defineScript(
  'gwOpenLedgers',
  `
local function open(segment, ledger, wanted, first, count)
  local decision = redis.call('HGET', segment, 'r')
  if decision then
    local members = redis.call('SMEMBERS', ledger)
    table.insert(members, 1, decision)
    return members
  end
  if redis.call('EXISTS', segment) == 0 then return {} end
  redis.call('HSET', segment, 'r', wanted)
  local opened = {wanted}
  for i = first, first + count - 1 do
    redis.call('SADD', ledger, ARGV[i])
    opened[#opened + 1] = ARGV[i]
  end
  return opened
end
local opened, at = {}, 1
for k = 1, #KEYS, 2 do
  local count = tonumber(ARGV[at + 1])
  opened[#opened + 1] = open(KEYS[k], KEYS[k + 1], ARGV[at], at + 2, count)
  at = at + 2 + count
end
return opened
`,
);

/**
 * Adds segments to a destination's pending list, each once. Refused after the router's lease: somebody else may have
 * routed them since, and the destination may have settled and forgotten them.
 * KEYS: 1 pending, 2 seen, 3 open, 4 state, 5 gone. ARGV: 1 end of the lease (ms), 2 bytes this destination may have
 * queued or -1, 3 when the destination was created (ms), then per segment: id, positions, count, bytes, sequence.
 * Returns `{events pending, oldest (ms) or 0, refused for space: segment ids…}`, `{-1}` when late, `{-2}` when deleted.
 */
export const addPendingScript = defineScript(
  'gwAddPending',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[1]) then return {-1} end
-- One that was created again under its old id is not the one that was deleted.
if tonumber(redis.call('GET', KEYS[5]) or '-1') >= tonumber(ARGV[3]) then return {-2} end
local most = tonumber(ARGV[2])
local counters = redis.call('HMGET', KEYS[4], 'pendingBytes', 'openBytes', 'born')
-- Whose all this is, should another of the same id have been deleted a moment ago and not be forgotten yet.
if tonumber(counters[3] or '-1') < tonumber(ARGV[3]) then redis.call('HSET', KEYS[4], 'born', ARGV[3]) end
local queued = tonumber(counters[1] or '0') + tonumber(counters[2] or '0')
local stamp = string.format('%d', now)
local events, bytes, full = 0, 0, {}
for i = 4, #ARGV, 5 do
  local id, count, size = ARGV[i], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  -- Where a segment is routed again and again, for others' sake, it may be open for longer than it is remembered.
  if redis.call('HEXISTS', KEYS[3], id) == 1 then
    redis.call('ZADD', KEYS[2], stamp, id)
  elseif not redis.call('ZSCORE', KEYS[2], id) then
    -- Refused once is refused for good: its events may be dead letters already.
    if redis.call('ZSCORE', KEYS[2], '!' .. id) or (most >= 0 and queued + bytes + size > most) then
      redis.call('ZADD', KEYS[2], stamp, '!' .. id)
      full[#full + 1] = id
    else
      redis.call('ZADD', KEYS[2], stamp, id)
      redis.call('HSET', KEYS[3], id, count .. '|')
      redis.call('RPUSH', KEYS[1], id .. '|' .. ARGV[i + 1] .. '|' .. count .. '|' .. size .. '|' .. ARGV[i + 4] .. '|' .. stamp)
      events = events + count
      bytes = bytes + size
    end
  end
end
if events > 0 then
  redis.call('HINCRBY', KEYS[4], 'pendingBytes', bytes)
  redis.call('HINCRBY', KEYS[4], 'pending', events)
end
-- Longer than any lease: a router that comes later than this is refused anyway.
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%d', now - 120000))
-- A write in any case: who waits for replicas to have it waits for what an earlier router wrote, too.
redis.call('EXPIRE', KEYS[2], 600)
local oldest = redis.call('LINDEX', KEYS[1], 0)
return {tonumber(redis.call('HGET', KEYS[4], 'pending') or '0'), oldest and tonumber(string.match(oldest, '([^|]*)$')) or 0, unpack(full)}
`,
);

/**
 * Strikes destinations from ledgers and releases every segment that is fanned out and has none left: from the queued
 * bytes to the history. Repeating it changes nothing.
 * KEYS: 1 counters, 2 unrouted, 3 claims, 4 history, then per entry: segment, ledger.
 * ARGV: per entry: segment id, destination or '', what to note under its name in the segment, '1' if now fanned out.
 * Returns the queued bytes.
 */
export const closeLedgerScript = defineScript(
  'gwCloseLedger',
  `
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
local k = 5
for i = 1, #ARGV, 4 do
  local id, destination, segment, ledger = ARGV[i], ARGV[i + 1], KEYS[k], KEYS[k + 1]
  k = k + 2
  if ARGV[i + 3] == '1' then
    redis.call('ZREM', KEYS[2], id)
    redis.call('ZREM', KEYS[3], id)
  end
  local fields = redis.call('HMGET', segment, 'z', 'x')
  if fields[1] then
    if destination ~= '' then
      redis.call('SREM', ledger, destination)
      redis.call('HSET', segment, 't:' .. destination, ARGV[i + 2])
    end
    if not fields[2] and redis.call('SCARD', ledger) == 0 and not redis.call('ZSCORE', KEYS[2], id) then
      redis.call('HSET', segment, 'x', now)
      redis.call('ZADD', KEYS[4], now, id)
      redis.call('HINCRBY', KEYS[1], 'bytes', -tonumber(fields[1]))
      redis.call('HINCRBY', KEYS[1], 'hbytes', tonumber(fields[1]))
    end
  end
end
return tonumber(redis.call('HGET', KEYS[1], 'bytes') or '0')
`,
);

/**
 * Forgets the oldest settled segments of a shard.
 * KEYS: 1 counters, 2 history, 3 segments, 4 any segment (only its name before the id is used). ARGV: 1 bytes to free,
 * 2 forget what was released before (ms), 3 at most. Returns the number of segments and bytes forgotten.
 */
export const trimHistoryScript = defineScript(
  'gwTrimHistory',
  `
local wanted, before = tonumber(ARGV[1]), tonumber(ARGV[2])
local count, freed = 0, 0
local entries = redis.call('ZRANGE', KEYS[2], 0, tonumber(ARGV[3]) - 1, 'WITHSCORES')
for i = 1, #entries, 2 do
  if freed >= wanted and tonumber(entries[i + 1]) >= before then break end
  local segment = KEYS[4] .. entries[i]
  freed = freed + tonumber(redis.call('HGET', segment, 'z') or '0')
  redis.call('DEL', segment)
  redis.call('ZREM', KEYS[2], entries[i])
  redis.call('ZREM', KEYS[3], entries[i])
  count = count + 1
end
if freed > 0 then redis.call('HINCRBY', KEYS[1], 'hbytes', -freed) end
return {count, freed}
`,
);
