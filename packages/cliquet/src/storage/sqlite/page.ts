import { isJsonObject, type JsonObject, parseObject } from '../../primitives/json.ts'
import type { Page } from '../contract.ts'
import type { Query, SortValue } from '../query.ts'
import { recordText, tombstoneText } from '../record.ts'
import type { RecordRow } from './selection.ts'

/** Puts a page together from the rows of `selectRecords`, without parsing records. */
export function assemblePage(timestamp: number, rows: readonly RecordRow[], query: Query): Page {
  const length = Math.min(rows.length, query.limit)
  // Added up rather than joined: the text is then copied once, when it is written (a third less time for 100 records).
  let items = ''
  for (const [id, at, data, deleted] of length < rows.length ? rows.slice(0, length) : rows) {
    if (items !== '') items += ','
    items += deleted === 1 ? tombstoneText(id, at) : recordText(id, at, data)
  }
  const last = rows.length > query.limit ? rows[length - 1] : undefined
  return { timestamp, json: `[${items}]`, length, next: last && sortValues(last, query) }
}

/** The values of the query's sort keys of that row. */
export function sortValues([id, timestamp, data, deleted]: RecordRow, query: Query): SortValue[] {
  let fields: JsonObject | undefined
  return query.sort.map(({ field }) => {
    if (field === 'id') return id
    if (field === 'last_modified') return timestamp
    if (field === 'deleted') return deleted === 1 ? true : undefined
    fields ??= parseObject(data)
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
