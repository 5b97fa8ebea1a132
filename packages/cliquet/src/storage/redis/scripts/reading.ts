import { defineScript } from '../../../drivers/redis/script.ts'
import { collectionLua } from './collection.ts'

/**
 * Reads from one snapshot. ARGV: 3 `summary`; `range`, then 4 `all` or `live`, 5 and 6 the lowest and highest timestamp, 7 `up` or
 * `down`, 8 how many at most of records and of tombstones, negative for any number; or `ids`, then 4 a JSON array of them.
 * Gives back `read`, the collection's timestamp, its `v`, how many live records there are, then id and stored value of each item, records first.
 */
export const readScript = defineScript(
  collectionLua,
  `
if isNew() then return UNKNOWN end
local reply = {'read', fix(), text(version), tostring(redis.call('ZCARD', LIVE))}
local function read(ids)
  portions(ids, 1000, function(from, to)
    local values = redis.call('HMGET', RECORDS, unpack(ids, from, to))
    for place = from, to do
      local stored = values[place - from + 1]
      if stored then append(reply, {ids[place], stored}) end
    end
  end)
end
local function range(key)
  if ARGV[7] == 'up' then read(redis.call('ZRANGEBYSCORE', key, ARGV[5], ARGV[6], 'LIMIT', 0, ARGV[8]))
  else read(redis.call('ZREVRANGEBYSCORE', key, ARGV[6], ARGV[5], 'LIMIT', 0, ARGV[8])) end
end
if ARGV[3] == 'range' then
  range(LIVE)
  if ARGV[4] == 'all' then range(DEAD) end
elseif ARGV[3] == 'ids' then
  read(cjson.decode(ARGV[4]))
end
return reply
`,
)
