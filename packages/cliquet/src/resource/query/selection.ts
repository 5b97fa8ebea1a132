import { invalid } from '../../errors/invalid-parameters.ts'
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'
import { coerceText } from './coercion.ts'
import { isKnown, type KnownField, limitParts, rootOf } from './field-name.ts'

const alwaysSelected = ['id', 'last_modified', 'deleted']

/**
 * The names in a `_fields` parameter, possibly dotted; undefined when there is none (R8.14).
 * @throws InvalidParameters when one is unknown to the resource (R8.15)
 */
export function parseFields(text: string | undefined, knownField: KnownField): readonly string[] | undefined {
  const names = (text ?? '').split(',').map((name) => coerceText('_fields', name.trim()))
  const fields = [...new Set(names)].filter((name) => name !== '')
  const unknown = new Set(fields.filter((field) => !isKnown(field, knownField)).map(rootOf))
  if (unknown.size > 0) throw invalid('body', 'Invalid _fields parameter', `Fields ${[...unknown].sort().join(',')} do not exist`)
  for (const field of fields) limitParts('_fields', field)
  return fields.length === 0 ? undefined : fields
}

/**
 * The record with those fields only, and always `id`, `last_modified` and a tombstone's `deleted` (R8.14). The record is left as it is; keys
 * keep their order.
 */
export const selectFields = (record: JsonObject, fields: readonly string[]): JsonObject => select(record, [...alwaysSelected, ...fields])

function select(object: JsonObject, names: readonly string[]): JsonObject {
  const whole = new Set<string>()
  const inside = new Map<string, string[]>()
  for (const name of names) {
    const key = keyFor(object, name)
    if (key === name) whole.add(key)
    else if (key !== undefined) inside.set(key, [...(inside.get(key) ?? []), name.slice(key.length + 1)])
  }
  const kept: [string, Json][] = []
  for (const [key, value] of Object.entries(object)) {
    const below = inside.get(key)
    if (whole.has(key)) kept.push([key, value])
    else if (below !== undefined) kept.push([key, isJsonObject(value) ? select(value, below) : value])
  }
  // Object.fromEntries defines properties: a key `__proto__` is one like any other.
  return Object.fromEntries(kept)
}

/** The key of the object that a dotted name begins with: the name itself, else its longest prefix that ends at a dot (R7.6). */
function keyFor(object: JsonObject, name: string): string | undefined {
  let key = name
  while (!Object.hasOwn(object, key)) {
    const dot = key.lastIndexOf('.')
    if (dot < 0) return undefined
    key = key.slice(0, dot)
  }
  return key
}
