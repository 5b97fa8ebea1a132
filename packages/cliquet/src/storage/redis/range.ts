import type { Filter, Query } from '../query.ts'

/** A range of timestamps. Ends may be excluded. */
export interface TimestampRange {
  readonly least: Bound
  readonly most: Bound
  /** Whether it is all that the query asks: everything in the range matches, and nothing else. */
  readonly exact: boolean
}

interface Bound {
  readonly timestamp: number
  readonly excluded: boolean
}

/** The range that a query's filters, and the place where its page begins, leave. */
export function timestampRange({ filters, sort, after, ids }: Pick<Query, 'filters' | 'sort' | 'after' | 'ids'>): TimestampRange {
  const byTime = sort.length === 1 && sort[0]?.field === 'last_modified'
  const last = byTime ? after?.[0] : undefined
  const begin: readonly Filter[] =
    typeof last === 'number' ? [{ field: 'last_modified', operator: sort[0]?.direction === 'ascending' ? 'gt' : 'lt', value: last }] : []
  const conditions = [...filters, ...begin]
  return {
    least: conditions.reduce(raised, { timestamp: Number.NEGATIVE_INFINITY, excluded: false }),
    most: conditions.reduce(lowered, { timestamp: Number.POSITIVE_INFINITY, excluded: false }),
    exact: byTime && ids === undefined && filters.every(isRange) && (after === undefined || begin.length > 0),
  }
}

const isRange = ({ field, operator, value }: Filter): boolean =>
  field === 'last_modified' && typeof value === 'number' && ['gt', 'min', 'lt', 'max', 'eq'].includes(operator)

function raised(least: Bound, filter: Filter): Bound {
  if (!isRange(filter) || filter.operator === 'lt' || filter.operator === 'max') return least
  const bound = { timestamp: Number(filter.value), excluded: filter.operator === 'gt' }
  return bound.timestamp > least.timestamp || (bound.timestamp === least.timestamp && bound.excluded) ? bound : least
}

function lowered(most: Bound, filter: Filter): Bound {
  if (!isRange(filter) || filter.operator === 'gt' || filter.operator === 'min') return most
  const bound = { timestamp: Number(filter.value), excluded: filter.operator === 'lt' }
  return bound.timestamp < most.timestamp || (bound.timestamp === most.timestamp && bound.excluded) ? bound : most
}

/** The end of a range as Redis reads it. */
export function boundText({ timestamp, excluded }: Bound): string {
  const text = timestamp === Number.POSITIVE_INFINITY ? '+inf' : timestamp === Number.NEGATIVE_INFINITY ? '-inf' : String(timestamp)
  return excluded ? `(${text}` : text
}
