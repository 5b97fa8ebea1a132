import type { Page } from '../contract.ts'
import type { Query, SortValue } from '../query.ts'
import { recordText, tombstoneText } from '../record.ts'
import { sortValues as sortValuesOf } from '../sort-values.ts'
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
export const sortValues = ([id, timestamp, data, deleted]: RecordRow, query: Query): SortValue[] =>
  sortValuesOf({ id, timestamp, deleted: deleted === 1, body: () => data }, query)
