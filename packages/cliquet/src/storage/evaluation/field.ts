import type { Json, JsonObject } from '../../primitives/json.ts'
import { isJsonObject } from '../../primitives/json.ts'
import type { SortValue } from '../query.ts'
import type { Item } from './item.ts'

/** Gives the value of a field of an item, or undefined when it is absent. */
export type FieldReader = (item: Item) => SortValue

/** Makes the reader of a field, which may be dotted (R7.6). */
export function fieldReader(name: string): FieldReader {
  if (name === 'id') return (item) => item.id
  if (name === 'last_modified') return (item) => item.timestamp
  if (name === 'deleted') return (item) => (item.record ? undefined : true)
  if (!name.includes('.')) return (item) => own(item.fields(), name)
  return (item) => lookUp(item.fields(), name)
}

const own = (fields: JsonObject, name: string): SortValue => (Object.hasOwn(fields, name) ? fields[name] : undefined)

/** The literal key first, then the longest prefix that is a key and ends at a dot, without turning back. */
function lookUp(value: Json, name: string): SortValue {
  if (!isJsonObject(value)) return undefined
  if (Object.hasOwn(value, name)) return value[name]
  for (let end = name.length - 1; end >= 0; end -= 1) {
    if (name[end] !== '.') continue
    const inner = own(value, name.slice(0, end))
    if (inner !== undefined) return lookUp(inner, name.slice(end + 1))
  }
  return undefined
}
