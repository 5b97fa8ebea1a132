import { invalid } from '../../errors/invalid-parameters.ts'
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

const MAX_DEPTH = 100

/** The record with those changes: each value replaces the old one whole, `null` is a value (R5.23). */
export const mergeFields = (record: JsonObject, changes: JsonObject): JsonObject => ({ ...record, ...changes }) // defines keys, `__proto__` too

/**
 * The target after a merge patch (RFC 7396): objects merge, `null` removes, everything else replaces. The arguments are left as they are.
 * @throws InvalidParameters when the patch is nested deeper than 100
 */
export const mergePatch = (target: Json | undefined, patch: Json): Json => merge(target, patch, 0)

/**
 * A record after a merge patch of its fields (R5.24): as `mergePatch`, but `id` and `last_modified` can't be removed.
 * @throws InvalidParameters when the patch is nested deeper than 100
 */
export function mergeRecord(record: JsonObject, patch: JsonObject): JsonObject {
  const changes = Object.entries(patch).filter(([key, value]) => value !== null || (key !== 'id' && key !== 'last_modified'))
  return mergeObject(record, Object.fromEntries(changes), 0)
}

function merge(target: Json | undefined, patch: Json, depth: number): Json {
  if (!isJsonObject(patch)) return patch
  if (depth > MAX_DEPTH) throw invalid('body', 'data', 'Nested too deeply')
  return mergeObject(isJsonObject(target) ? target : {}, patch, depth)
}

function mergeObject(target: JsonObject, patch: JsonObject, depth: number): JsonObject {
  // A Map knows no special keys, and Object.fromEntries defines properties: a key `__proto__` is one like any other.
  const merged = new Map<string, Json>(Object.entries(target))
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, merge(merged.get(key), value, depth + 1))
  }
  return Object.fromEntries(merged)
}
