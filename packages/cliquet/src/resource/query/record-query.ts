import { invalid } from '../../errors/invalid-parameters.ts'
import type { KnownField } from './field-name.ts'
import { parseInteger } from './integers.ts'
import { lastValue, type Parameters } from './query-string.ts'
import { parseFields } from './selection.ts'

/**
 * What the query string of a GET of one record asks for: the names of `_fields`, if given. All other parameters are ignored.
 * @throws InvalidParameters (R8.15)
 */
export const permittedRecordQuery = (
  parameters: Parameters,
  { knownField }: { readonly knownField: KnownField },
): { readonly fields: readonly string[] | undefined } => ({ fields: parseFields(lastValue(parameters, '_fields'), knownField) })

/**
 * The timestamp that a DELETE of one record wishes for its tombstone, bare or quoted (R5.31). A negative one is no wish.
 * @throws InvalidParameters if it is no integer that a double holds exactly
 */
export function parseTombstoneTimestamp(parameters: Parameters): number | undefined {
  const text = parameters.findLast(([name]) => name.trim() === 'last_modified')?.[1]
  if (text === undefined) return undefined
  const value = parseInteger(text)
  if (value === undefined) throw invalid('querystring', 'last_modified', `${JSON.stringify(text)} is not a number`)
  if (!Number.isSafeInteger(value)) throw invalid('querystring', 'last_modified', 'Invalid value for last_modified')
  return value < 0 ? undefined : value
}
