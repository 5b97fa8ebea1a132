import { defineScript } from '../../../drivers/redis/script.ts'
import { collectionLua } from './collection.ts'

/** Keeps the set of all collections as it is now, in an order. KEYS: 1 the set, 2 the copy, a sorted set. ARGV: 1 how long the copy lives, ms. */
export const copyListScript = defineScript(`
redis.call('ZUNIONSTORE', KEYS[2], 1, KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return 'copied'
`)

/**
 * Keeps a collection as it is now. KEYS further: 7 to 9 the copies of 1 to 3. ARGV: 3 how many items are given at once, without a copy; 4 how long
 * the copies live, ms. Gives back \`gone\`; or \`small\`, the collection's timestamp, and id and stored value of each item; or \`copied\`, the
 * timestamp, and how many records and tombstones there are.
 */
export const copyScript = defineScript(
  collectionLua,
  `
if not last then return {'gone'} end
local live, dead = redis.call('ZCARD', LIVE), redis.call('ZCARD', DEAD)
if live + dead <= tonumber(ARGV[3]) then
  local reply = {'small', text(last)}
  for _, key in ipairs({LIVE, DEAD}) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do append(reply, {id, redis.call('HGET', RECORDS, id)}) end
  end
  return reply
end
for place = 1, 3 do
  redis.call('COPY', KEYS[place], KEYS[place + 6])
  redis.call('PEXPIRE', KEYS[place + 6], ARGV[4])
end
return {'copied', text(last), tostring(live), tostring(dead)}
`,
)

/** Reads a copy. KEYS: 1 records, 2 live or dead. ARGV: 1 and 2 the first and last place, 3 how long the copies live on, ms. */
export const readCopyScript = defineScript(`
local reply = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[2])) do
  reply[#reply + 1] = id
  reply[#reply + 1] = redis.call('HGET', KEYS[1], id)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return reply
`)

/**
 * Takes in items of one collection. ARGV: 3 \`check\` to look only, or \`write\`; 4 the names of the unique fields as the writer knows them; 5 the
 * collection's timestamp; 6 a JSON array of items: id, timestamp, body or null, unique values. Gives back \`loaded\`; \`conflict\`, which of the
 * items, and which of its values, or 0 for the timestamp; or \`fields\`, when the collection is indexed by others.
 */
export const loadScript = defineScript(
  collectionLua,
  `
if isNew() then return UNKNOWN end
if fields ~= ARGV[4] and redis.call('ZCARD', LIVE) > 0 then return {'fields', fields} end
local items, loaded, stamps, values = cjson.decode(ARGV[6]), {}, {}, {}
for _, item in ipairs(items) do loaded[item[1]] = true end
local function isOthers(owner) return owner and not loaded[owner] end
for place, item in ipairs(items) do
  local stamp_text = text(item[2])
  for _, key in ipairs({LIVE, DEAD}) do
    if isOthers(redis.call('ZRANGEBYSCORE', key, stamp_text, stamp_text)[1]) then return {'conflict', tostring(place), '0'} end
  end
  if stamps[stamp_text] then return {'conflict', tostring(place), '0'} end
  stamps[stamp_text] = true
  for number, value in ipairs(item[4]) do
    if values[value] or isOthers(redis.call('HGET', UNIQUE, value)) then return {'conflict', tostring(place), tostring(number)} end
    values[value] = true
  end
end
if ARGV[3] == 'check' then return {'loaded'} end
if fields ~= ARGV[4] then redis.call('HSET', STATE, 'u', ARGV[4]) end
for _, item in ipairs(items) do
  free(item[1])
  redis.call('ZREM', LIVE, item[1])
  redis.call('ZREM', DEAD, item[1])
end
for _, item in ipairs(items) do
  local id, stamp_text, body = item[1], text(item[2]), item[3]
  if body == cjson.null then
    redis.call('HSET', RECORDS, id, stamp_text)
    redis.call('ZADD', DEAD, stamp_text, id)
  else
    redis.call('HSET', RECORDS, id, stamp_text .. body)
    redis.call('ZADD', LIVE, stamp_text, id)
    own(id, item[4])
  end
end
change(math.max(last or 0, tonumber(ARGV[5])))
return {'loaded'}
`,
)
