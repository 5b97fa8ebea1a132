import { afterCondition, type Context, filterCondition, orderTerms } from '../../drivers/sql/conditions.ts'
import type { Dialect } from '../../drivers/sql/dialect.ts'
import { allOf, type Condition, conditionSql, fragment } from '../../drivers/sql/fragment.ts'
import type { SqlStatement } from '../../drivers/sqlite/connection.ts'
import { isJsonArray, type Json } from '../../primitives/json.ts'
import type { Collection } from '../contract.ts'
import type { Filter, Query } from '../query.ts'
import { sqliteDialect } from './dialect.ts'

/** A row of `selectRecords`: id, last_modified, data, deleted. */
export type RecordRow = readonly [id: string, timestamp: number, data: string, deleted: number]

/**
 * Selects what a query selects, and one more, which tells whether a page follows. Its text depends on field names, operators and kinds of
 * values only. Tombstones take part when asked for (S19).
 */
export function selectRecords(collection: Collection, query: Query, options: { readonly tombstones: boolean }): SqlStatement {
  const dialect = fewIds(query.filters, query.ids) ? lookingUpIds : sqliteDialect
  const context: Context = { dialect, tombstones: options.tombstones }
  const conditions = query.filters.map((filter) => filterCondition(context, filter))
  if (query.after !== undefined) conditions.push(afterCondition(context, query.sort, query.after))
  const where = within(collection, context, conditions, query.ids)
  const order = orderTerms(context, query.sort)
  const sorted = order.length > 0 ? ` order by ${order.join(',')}` : ''
  return {
    sql: `select id,last_modified,data,deleted from records where ${where.text}${sorted} limit ?`,
    params: [...where.params, query.limit + 1],
  }
}

/** Counts the live records that match. */
export function selectCount(collection: Collection, filters: readonly Filter[], ids: readonly string[] | undefined): SqlStatement {
  const context: Context = { dialect: fewIds(filters, ids) ? lookingUpIds : sqliteDialect, tombstones: false }
  const conditions = filters.map((filter) => filterCondition(context, filter))
  const where = within(collection, context, conditions, ids)
  return { sql: `select count(*) from records where ${where.text}`, params: where.params }
}

/** Whether a list of that query shows tombstones (R7.13). */
export const concernsTombstones = (filters: readonly Filter[]): boolean => filters.some(({ field }) => field === 'last_modified')

function within(
  { parentId, resource }: Collection,
  context: Context,
  conditions: readonly Condition[],
  ids: readonly string[] | undefined,
) {
  const scope: Condition[] = [fragment('parent_id=? and resource=?', parentId, resource)]
  if (!context.tombstones) scope.push(fragment(sqliteDialect.live))
  if (ids !== undefined) scope.push(sqliteDialect.textIn('id', ids))
  return conditionSql(allOf([...scope, ...conditions]))
}

/** So many ids are looked up one by one in a few milliseconds; with more, walking the collection in order finds a page sooner. */
const FEW_IDS = 1000

/** A `+` keeps SQLite from walking the collection by timestamp, so that it looks the ids up and sorts what it finds. */
const lookingUpIds: Dialect = { ...sqliteDialect, timestamp: '+last_modified' }

function fewIds(filters: readonly Filter[], ids: readonly string[] | undefined): boolean {
  const isFew = (list: Json): boolean => isJsonArray(list) && list.length <= FEW_IDS
  if (ids !== undefined && isFew(ids)) return true
  return filters.some(({ field, operator, value }) => field === 'id' && (operator === 'eq' || (operator === 'in' && isFew(value))))
}
