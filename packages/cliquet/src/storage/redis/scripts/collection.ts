/**
 * Lua that every script of a collection begins with. KEYS, all with the hash tag of the parent:
 * 1 records: hash of id → timestamp, followed by the body if it is a record and not a tombstone;
 * 2 live, 3 dead: sorted sets of the ids of records and tombstones by timestamp;
 * 4 state: hash of `t`, the collection's timestamp, `v`, a number that every change makes greater, and `u`, the unique fields by which 5 was made;
 * 5 unique: hash of field and value → id; 6 owned: hash of id → JSON array of the fields of 5 that are its own.
 * ARGV: 1 the time, empty for that of Redis; 2 whether the collection is in the list of all collections. A script that would make a collection
 * that is not gives back `unknown` and has done nothing.
 *
 * Timestamps have more digits than Lua writes by itself: `text` writes them all.
 */
export const collectionLua = `
local RECORDS, LIVE, DEAD, STATE, UNIQUE, OWNED = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local UNKNOWN = {'unknown'}
local state = redis.call('HMGET', STATE, 't', 'v', 'u')
local last, version, fields = tonumber(state[1]), tonumber(state[2]), state[3] or ''

local function text(number)
  return string.format('%.0f', number)
end

local function now()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A new collection goes on from where no earlier one of that name can have been.
local function change(timestamp)
  if not version then
    local time = redis.call('TIME')
    version = time[1] * 1000000 + time[2]
  end
  last, version = timestamp, version + 1
  redis.call('HSET', STATE, 't', text(last), 'v', text(version))
end

-- The collection's timestamp, fixed at now when it has none (S14).
local function fix()
  if not last then change(now()) end
  return text(last)
end

local function isNew()
  return not last and ARGV[2] ~= '1'
end

-- The timestamp of a record or tombstone, and whether it is a record.
local function split(stored)
  local body = string.find(stored, '{', 1, true)
  if body then return tonumber(string.sub(stored, 1, body - 1)), true end
  return tonumber(stored), false
end

local function following()
  local time = now()
  if last and last + 1 > time then return last + 1 end
  return time
end

-- The timestamp of a write and what the collection's becomes; nothing when the chosen one is taken (S2 to S5).
local function stamp(id, own, chosen)
  if not chosen or chosen == last or (own and chosen <= own) then
    local timestamp = following()
    return timestamp, timestamp
  end
  if not last or chosen > last then return chosen, chosen end
  for _, key in ipairs({LIVE, DEAD}) do
    local owner = redis.call('ZRANGEBYSCORE', key, text(chosen), text(chosen))[1]
    if owner and owner ~= id then return nil end
  end
  return chosen, last
end

local function free(id)
  local owned = redis.call('HGET', OWNED, id)
  if not owned then return end
  for _, value in ipairs(cjson.decode(owned)) do redis.call('HDEL', UNIQUE, value) end
  redis.call('HDEL', OWNED, id)
end

local function own(id, values)
  for _, value in ipairs(values) do redis.call('HSET', UNIQUE, value, id) end
  if #values > 0 then redis.call('HSET', OWNED, id, cjson.encode(values)) end
end

local function bury(id, timestamp)
  redis.call('HSET', RECORDS, id, text(timestamp))
  redis.call('ZREM', LIVE, id)
  redis.call('ZADD', DEAD, text(timestamp), id)
  free(id)
end

-- No more at once than Lua has room for on its stack.
local function portions(list, size, work)
  for from = 1, #list, size do work(from, math.min(from + size - 1, #list)) end
end

local function append(list, more)
  for _, item in ipairs(more) do list[#list + 1] = item end
  return list
end
`
