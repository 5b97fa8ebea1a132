import type { JoinedWork } from '../../primitives/joined-work.ts'
import type { Finding } from './finding.ts'

/** Work of the permission backend that a write of storage takes along. */
export interface RedisWork extends JoinedWork {
  /** Whose keys the steps change. */
  readonly parentId: string
  /** What `runSteps` of `stepsLua` does inside the script of the write, if that is of the same parent: a JSON array. */
  readonly steps: string
  /** Where the write must be found (`findable`). */
  readonly findings: readonly Finding[]
  /** Does what the script could not, as it concerns other parents. `below`: what `runSteps` gave back. */
  finish(ids: readonly string[], below: readonly string[]): Promise<void>
  /** Does all of it alone. */
  run(ids: readonly string[]): Promise<void>
}

/** Whether the work can be done with writes of that database. */
export const isRedisWork = (work: JoinedWork, database: object): work is RedisWork =>
  work.database === database && 'steps' in work && typeof work.steps === 'string'

/**
 * Lua that changes grants. A grant is the JSON text `["permission","principal"]`. Under `base`, the beginning of the keys of a parent:
 * `o:URI` is the set of an object's grants, `u` the sorted set of the URIs that have any, and `i:LENGTH:CONTAINER` followed by a grant the set
 * of the ids below that container which have it, LENGTH being that of the container in bytes: so a list of what somebody may see costs as
 * much as it is long.
 *
 * `runSteps(steps, ids)` does `["replace", base, uri, [[start, grants] …], grants]`: grants that begin with `start` are replaced, then some
 * are added; `["remove", base, uris]`, and `["removeIds", base, uri]` for each of `ids` below that URI; `["removeBelow", base, uris]` spares the URIs themselves. It gives back the URIs below the
 * removed ones that were removed with them.
 */
export const stepsLua = `
local function place(base, uri, grant)
  local container, id = string.match(uri, '^(.*)/([^/]*)$')
  if container then return base .. 'i:' .. #container .. ':' .. container .. grant, id end
end

local function give(base, uri, grant)
  if redis.call('SADD', base .. 'o:' .. uri, grant) == 0 then return end
  redis.call('ZADD', base .. 'u', 0, uri)
  local key, id = place(base, uri, grant)
  if key then redis.call('SADD', key, id) end
end

local function take(base, uri, grant)
  local key, id = place(base, uri, grant)
  if key then redis.call('SREM', key, id) end
  redis.call('SREM', base .. 'o:' .. uri, grant)
end

local function replace(base, uri, changes, added)
  local object = base .. 'o:' .. uri
  local held = redis.call('SMEMBERS', object)
  for _, change in ipairs(changes) do
    local start, wanted = change[1], {}
    for _, grant in ipairs(change[2]) do wanted[grant] = true end
    for _, grant in ipairs(held) do
      if string.sub(grant, 1, #start) == start and not wanted[grant] then take(base, uri, grant) end
    end
    for _, grant in ipairs(change[2]) do give(base, uri, grant) end
  end
  for _, grant in ipairs(added) do give(base, uri, grant) end
  if redis.call('EXISTS', object) == 0 then redis.call('ZREM', base .. 'u', uri) end
end

local function forget(base, uri)
  for _, grant in ipairs(redis.call('SMEMBERS', base .. 'o:' .. uri)) do take(base, uri, grant) end
  redis.call('ZREM', base .. 'u', uri)
end

local function forgetBelow(base, uri, below)
  -- '0' is the character after '/'
  for _, lower in ipairs(redis.call('ZRANGEBYLEX', base .. 'u', '[' .. uri .. '/', '(' .. uri .. '0')) do
    forget(base, lower)
    below[#below + 1] = lower
  end
end

local function remove(base, uri, below)
  forget(base, uri)
  forgetBelow(base, uri, below)
end

local function runSteps(steps, ids)
  local below = {}
  for _, step in ipairs(steps) do
    local kind, base = step[1], step[2]
    if kind == 'replace' then replace(base, step[3], step[4], step[5])
    elseif kind == 'remove' then for _, uri in ipairs(step[3]) do remove(base, uri, below) end
    elseif kind == 'removeIds' then for _, id in ipairs(ids) do remove(base, step[3] .. id, below) end
    elseif kind == 'removeBelow' then for _, uri in ipairs(step[3]) do forgetBelow(base, uri, below) end
    end
  end
  return below
end
`
