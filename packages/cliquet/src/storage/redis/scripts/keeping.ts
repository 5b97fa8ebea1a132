import { defineScript } from '../../../drivers/redis/script.ts'
import { collectionLua } from './collection.ts'

/**
 * Purges tombstones, the oldest first. ARGV: 3 the timestamp they must be older than, as the end of a range, 4 how many of the newest stay,
 * 5 how many are purged at most, 6 `whole` to forget a collection without records. Gives back how many were purged, and whether the collection is gone.
 */
export const purgeScript = defineScript(
  collectionLua,
  `
local most = math.min(redis.call('ZCARD', DEAD) - tonumber(ARGV[4]), tonumber(ARGV[5]))
local ids = {}
if most > 0 then ids = redis.call('ZRANGEBYSCORE', DEAD, '-inf', ARGV[3], 'LIMIT', 0, most) end
portions(ids, 1000, function(from, to)
  redis.call('HDEL', RECORDS, unpack(ids, from, to))
  redis.call('ZREM', DEAD, unpack(ids, from, to))
end)
if ARGV[6] == 'whole' and redis.call('EXISTS', RECORDS) == 0 then redis.call('DEL', STATE, UNIQUE, OWNED) end
return {tostring(#ids), redis.call('EXISTS', STATE) == 0 and 'gone' or ''}
`,
)

/** Forgets a collection. */
export const forgetScript = defineScript(`redis.call('UNLINK', unpack(KEYS)) return 'gone'`)

/**
 * Makes the index of unique values anew. ARGV: 3 the \`v\` at which the records were read, 4 the names of the fields, 5 a JSON array of pairs of
 * id and unique values. Gives back `indexed`, or `changed` when others have written since.
 */
export const indexScript = defineScript(
  collectionLua,
  `
if not last then return 'indexed' end
if text(version) ~= ARGV[3] then return 'changed' end
redis.call('DEL', UNIQUE, OWNED)
for _, entry in ipairs(cjson.decode(ARGV[5])) do own(entry[1], entry[2]) end
redis.call('HSET', STATE, 'u', ARGV[4])
return 'indexed'
`,
)
