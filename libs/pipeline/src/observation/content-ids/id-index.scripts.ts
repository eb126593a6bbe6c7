import { defineScript } from '#platform';

/**
 * Notes the content ids of segments, if nobody has done so since, and forgets pages whose segments are all gone.
 * KEYS: 1 counters, 2 pages, 3 segments, 4 any page (only its name before the number is used). ARGV: 1 sequence from
 * which they were read, 2 sequence behind the last one, 3 entries (may be empty), 4 bytes of a page at most.
 * Returns 1, or 0 if somebody else was faster.
 */
export const indexIdsScript = defineScript(
  'gwIndexIds',
  `
if (redis.call('HGET', KEYS[1], 'idx') or '0') ~= ARGV[1] then return 0 end
if #ARGV[3] > 0 then
  local page = redis.call('HGET', KEYS[1], 'idpage') or '0'
  if redis.call('STRLEN', KEYS[4] .. page) >= tonumber(ARGV[4]) then
    page = string.format('%d', redis.call('HINCRBY', KEYS[1], 'idpage', 1))
  end
  redis.call('APPEND', KEYS[4] .. page, ARGV[3])
  redis.call('ZADD', KEYS[2], string.format('%d', tonumber(ARGV[2]) - 1), page)
end
redis.call('HSET', KEYS[1], 'idx', ARGV[2])
local oldest = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2] or ARGV[2]
for _, page in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. oldest, 'LIMIT', 0, 100)) do
  redis.call('DEL', KEYS[4] .. page)
  redis.call('ZREM', KEYS[2], page)
end
return 1
`,
);

/**
 * Segments that may have an event of this content id.
 * KEYS: 1 any page (only its name before the number is used). ARGV: 1 short id, 2 length of a segment id, then page
 * numbers. Returns segment ids.
 */
export const searchIdsScript = defineScript(
  'gwSearchIds',
  `
local short, idLength = ARGV[1], tonumber(ARGV[2])
local found = {}
for i = 3, #ARGV do
  local page = redis.call('GET', KEYS[1] .. ARGV[i]) or ''
  local hit = string.find(page, short, 1, true)
  local from = 1
  while hit do
    -- Which entry is it in, and is it a short id of that entry or only looks like one across two?
    local first, last
    repeat
      first = from + idLength + 4
      last = first + tonumber(string.sub(page, from + idLength, first - 1), 36) * #short - 1
      local next = last + 1
      if hit > last then from = next end
    until hit <= last
    if hit >= first and (hit - first) % #short == 0 then
      found[#found + 1] = string.sub(page, from, from + idLength - 1)
      hit = string.find(page, short, last + 1, true)
    else
      hit = string.find(page, short, hit + 1, true)
    end
  end
end
return found
`,
);
