import { defineScript } from '#platform';

/** Takes the first `most` positions off ranges: what was taken, what is left. */
const SPLIT = `
local function split(ranges, most)
  local taken, left = {}, {}
  for part in string.gmatch(ranges, '[^,]+') do
    local from, to = string.match(part, '^(%d+)-(%d+)$')
    from = tonumber(from or part)
    to = tonumber(to or part)
    local size = to - from + 1
    if most >= size then
      taken[#taken + 1] = part
      most = most - size
    else
      if most > 0 then taken[#taken + 1] = from .. '-' .. (from + most - 1) end
      left[#left + 1] = (from + most) .. '-' .. to
      most = 0
    end
  end
  return table.concat(taken, ','), table.concat(left, ',')
end
`;

/** Moves pending references to the batch while there is room. Uses KEYS[1], `maxEvents`, `maxBytes` and the batch so far. */
const TAKE_PENDING = `
${SPLIT}
local function takePending()
  while events < maxEvents and bytes < maxBytes do
    local element = redis.call('LPOP', KEYS[1])
    if not element then break end
    local id, ranges, count, size, sequence, at = string.match(element, '^(.-)|(.-)|(.-)|(.-)|(.-)|(.-)$')
    count, size = tonumber(count), tonumber(size)
    local room = maxEvents - events
    local byBytes = math.floor((maxBytes - bytes) * count / math.max(size, 1))
    if byBytes < room then room = byBytes end
    if room < 1 and events == 0 then room = 1 end
    if room < 1 then
      redis.call('LPUSH', KEYS[1], element)
      break
    end
    if room < count then
      local taken, left = split(ranges, room)
      local part = math.floor(size * room / count)
      redis.call('LPUSH', KEYS[1], id .. '|' .. left .. '|' .. (count - room) .. '|' .. (size - part) .. '|' .. sequence .. '|' .. at)
      ranges, count, size = taken, room, part
    end
    references[#references + 1] = '["' .. id .. '","' .. ranges .. '",' .. count .. ',' .. sequence .. ']'
    events = events + count
    bytes = bytes + size
  end
end
`;

/** Uses KEYS 2 and 5, ARGV 4 and 6, and `now`. */
const OPEN = `
local function dueAt(addedAt)
  -- What was added later than now was added before the clock was set back.
  return addedAt > now and now or addedAt + tonumber(ARGV[4])
end
local function open()
  local resting = redis.call('ZCOUNT', KEYS[5], string.format('(%d', now), '+inf')
  return redis.call('ZCARD', KEYS[2]) - math.min(resting, tonumber(ARGV[6]))
end
`;

/** Writes the batch record and moves the counters. Uses KEYS 2 to 4, ARGV[1] and the batch; `more` are further members. */
const MAKE_RECORD = `
local function makeRecord(more)
  local record = '{"v":1,"id":"' .. ARGV[1] .. '","at":' .. string.format('%d', now) .. ',"references":[' .. table.concat(references, ',')
    .. '],"count":' .. events .. ',"bytes":' .. bytes .. more
    .. ',"parts":null,"settled":{"delivered":"","duplicate":"","notWanted":"","rejected":[]},"attempts":[]}'
  redis.call('HSET', KEYS[4], 'r', 0, 'j', record)
  redis.call('ZADD', KEYS[2], string.format('%d', now), ARGV[1])
  redis.call('HINCRBY', KEYS[3], 'pending', -events)
  redis.call('HINCRBY', KEYS[3], 'pendingBytes', -bytes)
  redis.call('HINCRBY', KEYS[3], 'open', events)
  redis.call('HINCRBY', KEYS[3], 'openBytes', bytes)
end
`;

/**
 * Forms pending references into a batch record as soon as it is full or has waited long enough.
 * Batches that only wait for another try do not count as open: they leave the others their places.
 * KEYS: 1 pending, 2 batches, 3 state, 4 record, 5 resting. ARGV: 1 batch id, 2 max events, 3 max bytes, 4 max wait (ms),
 * 5 open batches and 6 resting ones at most.
 * Returns `{'made'}` if another is due already, `{'made', …}` with why not, or only why not: `'wait', ms`, `'busy'` (enough
 * batches are open), `'none'`, or `'ordered'`: users' events wait, and the other script is to gather them.
 */
export const gatherScript = defineScript(
  'gwGather',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local maxEvents, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
${OPEN}
local function whyNot()
  local counters = redis.call('HMGET', KEYS[3], 'pending', 'pendingBytes', 'ordered')
  if tonumber(counters[3] or '0') > 0 then return 'ordered' end
  local head = redis.call('LINDEX', KEYS[1], 0)
  if not head then return 'none' end
  if open() >= tonumber(ARGV[5]) then return 'busy' end
  local due = dueAt(tonumber(string.match(head, '([^|]*)$')))
  if tonumber(counters[1]) < maxEvents and tonumber(counters[2]) < maxBytes and now < due then
    return 'wait', due - now
  end
end
local reason, ms = whyNot()
if reason then return {reason, ms} end
local references, events, bytes = {}, 0, 0
${TAKE_PENDING}
${MAKE_RECORD}
takePending()
makeRecord('')
return {'made', whyNot()}
`,
);

/** The shards of which users may send. KEYS: 1 any shard's ready users (only its name). ARGV: 1 number of shards. */
export const readyShardsScript = defineScript(
  'gwReadyShards',
  `
local shards = {}
for shard = 0, tonumber(ARGV[1]) - 1 do
  if redis.call('EXISTS', KEYS[1] .. shard) == 1 then shards[#shards + 1] = shard end
end
return shards
`,
);

/**
 * As gatherScript, where users' order is kept: takes the first waiting event of users that have none in an open batch,
 * and what has no order. A shard's events are taken below its watermark only: above it, an earlier one may be to come.
 * Returns `{'made'}` or why not, as gatherScript, or `{'held'}`: what waits follows something that is not routed yet.
 * KEYS: 1 pending, 2 batches, 3 state, 4 record, 5 resting, 6 busy users, 7 any user and 8 any shard's ready users (only
 * their names). ARGV: 1 to 6 as gatherScript, then shard and watermark by turns.
 */
export const gatherOrderedScript = defineScript(
  'gwGatherOrdered',
  `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
${OPEN}
if open() >= tonumber(ARGV[5]) then return {'busy'} end
local maxEvents, maxBytes = tonumber(ARGV[2]), tonumber(ARGV[3])
local counters = redis.call('HMGET', KEYS[3], 'pending', 'pendingBytes', 'ordered', 'unjudged')
local pending = tonumber(counters[1] or '0')

local lines, oldest, held = {}, nil, false
local waiting = pending - tonumber(counters[3] or '0')
local function age(element)
  local at = tonumber(string.match(element, '([^|]*)$'))
  if not oldest or at < oldest then oldest = at end
end
local head = redis.call('LINDEX', KEYS[1], 0)
if head then
  age(head)
  lines[1] = false
end
-- While the destination cannot tell whether it wants an earlier event, a later one of the same user cannot go.
local last = tonumber(counters[4] or '0') > 0 and 0 or #ARGV
for i = 7, last, 2 do
  local ready, below = KEYS[8] .. ARGV[i], '(' .. ARGV[i + 1]
  local first = redis.call('ZRANGEBYSCORE', ready, '-inf', below, 'LIMIT', 0, 1)[1]
  if first then
    lines[#lines + 1] = {ready, below}
    waiting = waiting + redis.call('ZCOUNT', ready, '-inf', below)
    age(redis.call('ZRANGE', KEYS[7] .. first, 0, 0)[1])
  elseif redis.call('EXISTS', ready) == 1 then
    held = true
  end
end
if #lines == 0 then return held and {'held'} or {'none'} end
local due = dueAt(oldest)
local waitingBytes = tonumber(counters[2]) * waiting / pending
if waiting < maxEvents and waitingBytes < maxBytes and now < due then return {'wait', due - now} end

local references, events, bytes, taken = {}, 0, 0, {}
${TAKE_PENDING}
${MAKE_RECORD}
local function takeUsers(ready, below)
  for _, user in ipairs(redis.call('ZRANGEBYSCORE', ready, '-inf', below, 'LIMIT', 0, maxEvents - events)) do
    local queue = KEYS[7] .. user
    local head = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
    local element = head[1]
    local id, position, size = string.match(element, '^(.-)|(.-)|(.-)|')
    position, size = tonumber(position), tonumber(size)
    if events > 0 and bytes + size > maxBytes then return end
    redis.call('ZREM', queue, element)
    redis.call('ZREM', ready, user)
    redis.call('SADD', KEYS[6], user)
    taken[#taken + 1] = {id, position, user, tonumber(head[2]) - position}
    events = events + 1
    bytes = bytes + size
  end
end
-- Each is the first to be asked in its turn: nobody is passed over for ever.
local turn = redis.call('HINCRBY', KEYS[3], 'turn', 1) % #lines
for i = 1, #lines do
  local line = lines[(turn + i) % #lines + 1]
  if not line then
    takePending()
  elseif events < maxEvents and bytes < maxBytes then
    takeUsers(line[1], line[2])
  end
end

-- The users' events are the batch's first members, whatever was taken first.
table.sort(taken, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
local plain = references
references = {}
local users, i = {}, 1
while taken[i] do
  local id, sequence, positions = taken[i][1], taken[i][4], {}
  while taken[i] and taken[i][1] == id do
    positions[#positions + 1] = taken[i][2]
    users[#users + 1] = '"' .. taken[i][3] .. '"'
    i = i + 1
  end
  references[#references + 1] = '["' .. id .. '","' .. table.concat(positions, ',') .. '",' .. #positions .. ',' .. string.format('%d', sequence) .. ']'
end
for _, reference in ipairs(plain) do references[#references + 1] = reference end
if #users == 0 then
  makeRecord('')
  return {'made'}
end
redis.call('HINCRBY', KEYS[3], 'ordered', -#users)
makeRecord(',"users":[' .. table.concat(users, ',') .. ']')
return {'made'}
`,
);
