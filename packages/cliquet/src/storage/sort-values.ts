import { isJsonObject, type JsonObject, parseObject } from '../primitives/json.ts'
import type { Query, SortValue } from './query.ts'

/** An item of a list as a database keeps it. */
export interface KeptItem {
  readonly id: string
  readonly timestamp: number
  readonly deleted: boolean
  /** JSON text of the fields; of a tombstone `{}`. */
  body(): string
}

/** The values of the query's sort keys of an item (`Page.next`). */
export function sortValues(item: KeptItem, query: Query): SortValue[] {
  let fields: JsonObject | undefined
  return query.sort.map(({ field }) => {
    if (field === 'id') return item.id
    if (field === 'last_modified') return item.timestamp
    if (field === 'deleted') return item.deleted ? true : undefined
    fields ??= parseObject(item.body())
    return lookUp(fields, field.split('.'))
  })
}

/** R7.6: at each level the longest literal key, without going back. */
function lookUp(fields: JsonObject, parts: readonly string[]): SortValue {
  for (let length = parts.length; length > 0; length -= 1) {
    const key = parts.slice(0, length).join('.')
    if (!Object.hasOwn(fields, key)) continue
    const value = fields[key]
    if (length === parts.length) return value
    return isJsonObject(value) ? lookUp(value, parts.slice(length)) : undefined
  }
  return undefined
}
