import { quoted, type SqlParam, type SqlStatement } from '../../drivers/postgresql/statement.ts'
import { afterCondition, type Context, filterCondition, orderTerms } from '../../drivers/sql/conditions.ts'
import { allOf, type Condition, conditionSql, fragment } from '../../drivers/sql/fragment.ts'
import type { Collection } from '../contract.ts'
import type { Filter, Query } from '../query.ts'
import { postgresDialect } from './dialect.ts'
import { Numbering } from './numbering.ts'
import type { StatementNames } from './statement-names.ts'

/** What selections need to know besides the query. */
export interface Tables {
  /** The quoted PostgreSQL schema with a dot. */
  readonly at: string
  /** The fields of a resource that have an index. */
  indexed(resource: string): ReadonlySet<string>
  readonly names: StatementNames
  readonly pages: PageTexts
}

/** The statements of the pages that are asked for most, as text, by what they depend on: to put one together takes longer than to send it. */
export type PageTexts = Map<string, Omit<SqlStatement, 'values'>>

/** Which rows take part: only live ones, or tombstones too (S19). */
export interface Taking {
  readonly tombstones: boolean
}

/** How many rows polls look for at first: most find fewer. */
export const FEW = 128

/** Whether a list of that query shows tombstones (R7.13). */
export const concernsTombstones = (filters: readonly Filter[]): boolean => filters.some(({ field }) => field === 'last_modified')

/**
 * A page in the order of timestamps, put together by the database: one row with the collection's timestamp, the items' text, how many there
 * are, the timestamp of the last, and whether more follow; no row for a collection that never had a timestamp.
 */
export function selectPage(tables: Tables, collection: Collection, query: Query, taking: Taking): SqlStatement {
  const shape = shapeOf(tables, collection, query, taking)
  const known = shape === undefined ? undefined : tables.pages.get(shape)
  if (known !== undefined) return { ...known, values: [...subjectOf(collection, query.limit), ...timesOf(query.filters)] }
  const { values, ...text } = buildPage(tables, collection, query, taking)
  if (shape !== undefined) tables.pages.set(shape, text)
  return { ...text, values: values ?? [] }
}

/** What the text of a page of live records, or of changes since a time, depends on; undefined of other queries. */
function shapeOf({ indexed }: Tables, { resource }: Collection, query: Query, { tombstones }: Taking): string | undefined {
  const { filters, ids, after, sort, limit } = query
  if (ids !== undefined || after !== undefined || filters.length > 1) return undefined
  // Other values than integers would change the text.
  if (!filters.every(({ field, operator, value }) => field === 'last_modified' && operator === 'gt' && Number.isSafeInteger(value)))
    return undefined
  return `${indexed(resource).size > 0 ? resource : ''} ${sort[0]?.direction} ${ceilingOf(limit)} ${filters.length} ${tombstones}`
}

/** The first values of a statement about a collection: `$1` to `$3`. */
const subjectOf = ({ parentId, resource }: Collection, limit?: number): SqlParam[] =>
  limit === undefined ? [parentId, resource] : [parentId, resource, limit]

const timesOf = (filters: readonly Filter[]): SqlParam[] => filters.map(({ value }) => Number(value))

function buildPage(tables: Tables, collection: Collection, query: Query, taking: Taking): SqlStatement {
  const { at } = tables
  const numbering = new Numbering(subjectOf(collection, query.limit))
  const where = whereOf(tables, collection, query, taking, numbering)
  const descending = query.sort[0]?.direction === 'descending'
  const direction = descending ? 'desc' : 'asc'
  // Ordered, though one is enough: else the plan may read the whole table to find it.
  const next = `select true from ${at}records where ${where} and last_modified${descending ? '<' : '>'}p.last order by last_modified ${direction} limit 1`
  const more = isWhole(query, taking) ? 'c.live_count>p.n' : `case when p.n=$3 then (${next}) end`
  const text =
    `select c.last_modified,p.items,p.n,p.last,${more} from ${at}collections c cross join lateral (` +
    `select string_agg(item,',') items,count(*) n,${descending ? 'min' : 'max'}(last_modified) last from (` +
    `select * from (select last_modified,item from ${at}records where ${where} order by last_modified ${direction} limit ${ceilingOf(query.limit)}) a ` +
    'limit $3) r) p ' +
    'where c.parent_id=$1 and c.resource=$2'
  return { text, values: numbering.values, ...preparation(tables, text, collection, query.filters) }
}

/**
 * A round number that is not below the limit, said in the text. Not knowing the limit, PostgreSQL takes it for a tenth of the collection, and
 * finds a plan for any limit so dear in a large one that it would rather plan each execution anew, which takes longer than the execution.
 */
const ceilingOf = (limit: number): number => Math.max(FEW, 2 ** Math.ceil(Math.log2(limit)))

/**
 * Statements about columns alone, and equality of fields with an index, are few and have one good plan for all values, so they are prepared.
 * Others have names of fields in their text, of which clients may invent any number, or need a plan for their values.
 */
function preparation(tables: Tables, text: string, { resource }: Collection, filters: readonly Filter[]): Pick<SqlStatement, 'name'> {
  const indexed = tables.indexed(resource)
  const isSteady = filters.every(({ field, operator }) => COLUMNS.has(field) || (operator === 'eq' && indexed.has(field)))
  const name = isSteady ? tables.names.of(text) : undefined
  return name === undefined ? {} : { name }
}

const COLUMNS: ReadonlySet<string> = new Set(['id', 'last_modified', 'deleted'])

/** The first page of all live records: the collection's row knows how many there are. */
const isWhole = ({ filters, ids, after }: Query, { tombstones }: Taking): boolean =>
  filters.length === 0 && ids === undefined && after === undefined && !tombstones

/** Whether a query's order is that of the timestamps alone, so that the database can put the page together. */
export const isByTimestamp = ({ sort }: Query): boolean => sort.length === 1 && sort[0]?.field === 'last_modified'

/**
 * The rows of a query in any order, and one more, which tells whether a page follows: the collection's timestamp, id, last_modified, item,
 * deleted. A collection without rows gives one whose id is null; one that never had a timestamp gives none.
 */
export function selectRows(tables: Tables, collection: Collection, query: Query, taking: Taking): SqlStatement {
  const { at } = tables
  const numbering = new Numbering(subjectOf(collection, query.limit + 1))
  const where = whereOf(tables, collection, query, taking, numbering)
  const order = orderTerms(contextOf(tables, collection, taking), query.sort)
  const sorted = order.length > 0 ? `order by ${order.join(',')} ` : ''
  return {
    values: numbering.values,
    text:
      `select c.last_modified,r.id,r.last_modified,r.item,r.deleted from ${at}collections c left join lateral (` +
      `select id,last_modified,item,deleted from ${at}records where ${where} ${sorted}limit $3) r on true ` +
      'where c.parent_id=$1 and c.resource=$2',
  }
}

/** The collection's timestamp and how many live records match. */
export function selectCount(tables: Tables, collection: Collection, filters: readonly Filter[], ids?: readonly string[]): SqlStatement {
  const { at } = tables
  const numbering = new Numbering(subjectOf(collection))
  const narrowed = filters.length > 0 || ids !== undefined
  const where = narrowed ? whereOf(tables, collection, { filters, ids }, { tombstones: false }, numbering) : ''
  const count = narrowed ? `(select count(*) from ${at}records where ${where})` : 'c.live_count'
  const text = `select c.last_modified,${count} from ${at}collections c where c.parent_id=$1 and c.resource=$2`
  return { text, values: numbering.values, ...preparation(tables, text, collection, filters) }
}

type Narrowing = Pick<Query, 'filters' | 'ids'> & Partial<Pick<Query, 'after' | 'sort'>>

/** The condition of a statement whose first values are those of `subjectOf`. */
function whereOf(tables: Tables, collection: Collection, narrowing: Narrowing, taking: Taking, numbering: Numbering): string {
  const context = contextOf(tables, collection, taking)
  const { filters, ids, after, sort = [] } = narrowing
  const conditions: Condition[] = [fragment('parent_id=$1'), resourceCondition(tables, collection)]
  if (!taking.tombstones) conditions.push(fragment(context.dialect.live))
  if (ids !== undefined) conditions.push(context.dialect.textIn('id', ids))
  conditions.push(...filters.map((filter) => filterCondition(context, filter)))
  if (after !== undefined) conditions.push(afterCondition(context, sort, after))
  return numbering.text(conditionSql(allOf(conditions)))
}

/** A resource with indexes is named in the text, for these are of its rows only, and a plan for any resource could not use them. */
function resourceCondition({ indexed }: Tables, { resource }: Collection): Condition {
  return indexed(resource).size > 0 ? fragment(`resource=${quoted(resource)}`) : fragment('resource=$2')
}

const contextOf = ({ indexed }: Tables, { resource }: Collection, { tombstones }: Taking): Context => ({
  dialect: postgresDialect(indexed(resource)),
  tombstones,
})
