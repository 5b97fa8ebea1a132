import type { SqlRow } from '../../drivers/postgresql/statement.ts'
import type { Page } from '../contract.ts'
import type { Query, SortValue } from '../query.ts'
import { recordBody } from '../record.ts'
import { sortValues } from '../sort-values.ts'

/** A row of `selectRows`. */
export interface RecordRow {
  readonly id: string
  readonly timestamp: number
  /** As clients see it. */
  readonly item: string
  readonly deleted: boolean
}

/** The rows of a query; none for the one row that tells the timestamp of a collection in which nothing matches. */
export const recordRows = (rows: readonly SqlRow[]): RecordRow[] =>
  rows.flatMap(([, id, timestamp, item, deleted]) =>
    typeof id === 'string' && typeof item === 'string' ? [{ id, timestamp: Number(timestamp), item, deleted: deleted === 't' }] : [],
  )

/** The fields of a live record. */
export const bodyOf = ({ id, timestamp, item }: RecordRow): string => recordBody(id, timestamp, item)

/** The page that the database has put together (`selectPage`). */
export const pageOf = ([timestamp, items, length, last, more]: SqlRow): Page => ({
  timestamp: Number(timestamp),
  json: `[${items ?? ''}]`,
  length: Number(length),
  next: more === 't' ? [Number(last)] : undefined,
})

/** Puts a page together from rows (`selectRows`), without parsing records. */
export function assemblePage(timestamp: number, rows: readonly RecordRow[], query: Query): Page {
  const shown = rows.slice(0, query.limit)
  const json = `[${shown.map(({ item }) => item).join(',')}]`
  return { timestamp, json, length: shown.length, next: nextOf(rows, query) }
}

/** The sort values of the last row of a page, if one more row than its limit was found. */
export function nextOf(rows: readonly RecordRow[], query: Query): SortValue[] | undefined {
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined
  return last && sortValues({ ...last, body: () => bodyOf(last) }, query)
}
