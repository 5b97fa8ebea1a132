import { defineScript } from '../../../drivers/redis/script.ts'
import { stepsLua } from '../../../drivers/redis/work.ts'
import { collectionLua } from './collection.ts'

const conditionLua = `
local function holds(kind, wanted, isLive, own)
  if kind == 'absent' then return not isLive end
  if kind == 'present' then return isLive end
  if kind == 'timestamp' then return isLive and own == tonumber(wanted) end
  return true
end

-- ARGV: 3 id, 4 and 5 the condition, 6 the chosen timestamp if any, 7 the steps of joined work.
if isNew() then return UNKNOWN end
local id, chosen, steps = ARGV[3], tonumber(ARGV[6]), cjson.decode(ARGV[7])
local stored = redis.call('HGET', RECORDS, id)
local own_timestamp, isLive
if stored then own_timestamp, isLive = split(stored) end
local current = isLive and stored or false
local function refused()
  return {'refused', fix(), current}
end
`

/**
 * Puts a record. ARGV further: 8 body, 9 the names of the unique fields as the writer knows them, 10 a JSON array of its unique values.
 * Gives back `written`, timestamp, what was stored of the record before, and the URIs of `runSteps`; `refused`, timestamp, record; `duplicate`,
 * which of the values, the other id and what is stored of it; `timestamp-taken`; or `fields` and the names by which the collection was indexed.
 */
export const putScript = defineScript(
  collectionLua,
  stepsLua,
  conditionLua,
  `
if fields ~= ARGV[9] and redis.call('ZCARD', LIVE) > 0 then return {'fields', fields} end
if not holds(ARGV[4], ARGV[5], isLive, own_timestamp) then return refused() end
local values = cjson.decode(ARGV[10])
for place, value in ipairs(values) do
  local owner = redis.call('HGET', UNIQUE, value)
  if owner and owner ~= id then return {'duplicate', tostring(place), owner, redis.call('HGET', RECORDS, owner)} end
end
local timestamp, collection = stamp(id, isLive and own_timestamp, chosen)
if not timestamp then return {'timestamp-taken'} end
if fields ~= ARGV[9] then redis.call('HSET', STATE, 'u', ARGV[9]) end
free(id)
own(id, values)
redis.call('HSET', RECORDS, id, text(timestamp) .. ARGV[8])
if stored and not isLive then redis.call('ZREM', DEAD, id) end
redis.call('ZADD', LIVE, text(timestamp), id)
change(collection)
return append({'written', text(timestamp), current}, runSteps(steps, {}))
`,
)

/** Removes a record. Gives back `removed`, timestamp, what was stored of the record, and the URIs of `runSteps`; `refused`; or `timestamp-taken`. */
export const removeScript = defineScript(
  collectionLua,
  stepsLua,
  conditionLua,
  `
if not isLive or not holds(ARGV[4], ARGV[5], isLive, own_timestamp) then return refused() end
local timestamp, collection = stamp(id, own_timestamp, chosen)
if not timestamp then return {'timestamp-taken'} end
bury(id, timestamp)
change(collection)
return append({'removed', text(timestamp), current}, runSteps(steps, {id}))
`,
)

/**
 * Removes records. ARGV: 3 the collection's timestamp if that is demanded, 4 the steps of joined work; 5 either `range`, then 6 and 7 the lowest
 * and highest timestamp, 8 `up` or `down`, 9 how many at most; or `ids`, then 6 the `v` at which they were chosen, 7 a JSON array of them.
 * Gives back `removed`, the first tombstone's timestamp (each further one's is one more), the collection's, whether there are more in the range, how
 * many were removed, id and record of each, and the URIs of `runSteps`; `refused` and timestamp; or `changed`, when others have written since.
 */
export const removeAllScript = defineScript(
  collectionLua,
  stepsLua,
  `
if isNew() then return UNKNOWN end
fix()
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= last then return {'refused', text(last)} end
local ids, isMore = nil, ''
if ARGV[5] == 'range' then
  local limit = tonumber(ARGV[9])
  if ARGV[8] == 'up' then ids = redis.call('ZRANGEBYSCORE', LIVE, ARGV[6], ARGV[7], 'LIMIT', 0, limit + 1)
  else ids = redis.call('ZREVRANGEBYSCORE', LIVE, ARGV[7], ARGV[6], 'LIMIT', 0, limit + 1) end
  if #ids > limit then
    ids[#ids] = nil
    isMore = 'more'
  end
else
  if text(version) ~= ARGV[6] then return {'changed'} end
  ids = cjson.decode(ARGV[7])
end
local first = following()
local removed = {}
for place, id in ipairs(ids) do
  append(removed, {id, redis.call('HGET', RECORDS, id)})
  bury(id, first + place - 1)
end
if #ids > 0 then change(first + #ids - 1) end
return append(append({'removed', text(first), text(last), isMore, tostring(#ids)}, removed), runSteps(cjson.decode(ARGV[4]), ids))
`,
)
