import type { Json } from '../primitives/json.ts'

/** What a filter asks of a field (R7.2). */
export type Operator = 'eq' | 'not' | 'lt' | 'max' | 'gt' | 'min' | 'in' | 'exclude' | 'like' | 'has' | 'contains' | 'contains_any'

/**
 * One condition on one field. `field` is `id`, `last_modified`, `deleted` or a field of the record, possibly dotted (R7.6).
 * `value` is a list for `in`, `exclude`, `contains` and `contains_any`, a boolean for `has`, the pattern for `like` (R7.8: `*` matches any
 * run; without any `*` the text is searched anywhere), else the value to compare with.
 */
export interface Filter {
  readonly field: string
  readonly operator: Operator
  readonly value: Json
}

/** One sort key. */
export interface Sort {
  readonly field: string
  readonly direction: 'ascending' | 'descending'
}

/** The value of a field in the order of R8.3. `undefined` says that the field is absent, which is greater than every value. */
export type SortValue = Json | undefined

/** Which records, in what order. */
export interface Query {
  /** All must hold. */
  readonly filters: readonly Filter[]
  /** A total order: the last key is always `last_modified` (R8.2). */
  readonly sort: readonly Sort[]
  /** At most so many, ≥ 1. */
  readonly limit: number
  /** Only what comes after an item with these values of the sort keys, one each (R8.8). */
  readonly after?: readonly SortValue[] | undefined
  /** Only these ids: the subset that the caller may see (R10.8). */
  readonly ids?: readonly string[] | undefined
}
