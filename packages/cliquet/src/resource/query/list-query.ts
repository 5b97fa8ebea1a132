import { InvalidParameters } from '../../errors/invalid-parameters.ts'
import type { Query } from '../../storage/query.ts'
import type { KnownField } from './field-name.ts'
import { parseFilters } from './filtering.ts'
import { checkQueryShape, isNotGiven, parseInteger } from './integers.ts'
import { decodeToken, type PagePosition } from './page-token.ts'
import { lastValue, type Parameters } from './query-string.ts'
import { parseFields } from './selection.ts'
import { parseSorting } from './sorting.ts'

/** What a request on a list asks for: a query of storage, and what is done with its page. */
export interface ListQuery extends Query {
  /** Where the page begins, when the request has a `_token`; `after` has its values. */
  readonly token: PagePosition | undefined
  /** The names of `_fields`. */
  readonly fields: readonly string[] | undefined
  /** Whether the deprecated `_to` is used: the answer has an `Alert` (R12.5). */
  readonly includesToOldAlias: boolean
}

/** What the meaning of a query string depends on. */
export interface ListQueryOptions {
  readonly knownField: KnownField
  /** The size of pages that the service sets, if it does. */
  readonly paginateBy?: number | undefined
  /** No page is longer (R8.5). */
  readonly maxFetchSize: number
  /** ms */
  readonly now: number
}

/**
 * What a list's query string means. Faults of form (`checkQueryShape`) are reported together; of the others (R3.21 step 14) the first in filters, sort keys,
 * token and fields.
 * @throws InvalidParameters
 */
export function parseListQuery(parameters: Parameters, options: ListQueryOptions): ListQuery {
  const [first, ...others] = checkQueryShape(parameters, options.now)
  if (first !== undefined) throw new InvalidParameters([first, ...others])
  const filters = parseFilters(parameters, options)
  const sort = parseSorting(lastValue(parameters, '_sort'), options.knownField)
  const tokenText = lastValue(parameters, '_token')
  const token = tokenText === undefined ? undefined : decodeToken(tokenText, sort)
  return {
    filters,
    sort,
    limit: effectiveLimit(lastValue(parameters, '_limit'), options),
    after: token?.values,
    token,
    fields: parseFields(lastValue(parameters, '_fields'), options.knownField),
    includesToOldAlias: parameters.some(([name, value]) => name.trim() === '_to' && !isNotGiven(value)),
  }
}

/** The smallest of what the client and the service want; 0 is no wish (R8.5). */
function effectiveLimit(text: string | undefined, { paginateBy, maxFetchSize }: ListQueryOptions): number {
  const wish = text === undefined ? undefined : parseInteger(text)
  return Math.min(wish || maxFetchSize, paginateBy || maxFetchSize, maxFetchSize)
}
