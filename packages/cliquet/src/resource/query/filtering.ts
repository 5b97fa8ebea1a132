import { invalid } from '../../errors/invalid-parameters.ts'
import { isJsonArray, type Json } from '../../primitives/json.ts'
import type { Filter, Operator } from '../../storage/query.ts'
import { coerceText, coerceValue, parseJson } from './coercion.ts'
import { isKnown, type KnownField, limitParts } from './field-name.ts'
import { isNotGiven, parseTimestamp, timestampAliases } from './integers.ts'
import type { Parameters } from './query-string.ts'

const MAX_FILTERS = 100

/** `contains_any` comes before `contains`: it wins (R7.2). */
const withOperator = /^(lt|min|max|not|eq|gt|in|exclude|like|has|contains_any|contains)_([\p{L}\p{N}_.]+)$/u

/** What parsing filters needs to know. `now`: ms. */
export interface FilteringOptions {
  readonly knownField: KnownField
  readonly now: number
}

/** One parameter while it is turned into a filter. */
interface Candidate {
  readonly parameter: string
  readonly operator: Operator
  readonly field: string
  readonly text: string
}

/**
 * The filters of a query string (R7.1–R7.12), in its order. Values of `last_modified` are integers, those of `has` booleans.
 * @throws InvalidParameters for the first parameter that is at fault, or for more than 100 filters
 */
export function parseFilters(parameters: Parameters, options: FilteringOptions): readonly Filter[] {
  const filters: Filter[] = []
  for (const [name, text] of parameters) {
    const parameter = name.trim()
    const alias = timestampAliases.get(parameter)
    if (alias !== undefined) {
      if (!isNotGiven(text)) filters.push(timestampFilter({ parameter, operator: alias, field: 'last_modified', text }, options.now))
    } else if (!parameter.startsWith('_')) filters.push(parseFilter(parameter, text, options))
  }
  if (filters.length > MAX_FILTERS) throw invalid('querystring', null, `More than ${MAX_FILTERS} filters`)
  return filters
}

function parseFilter(parameter: string, text: string, { knownField, now }: FilteringOptions): Filter {
  coerceText(parameter, parameter)
  const candidate = { parameter, ...splitOperator(parameter), text }
  const { field, operator } = candidate
  if (!isKnown(field, knownField)) throw invalid('querystring', parameter, `Unknown filter field '${parameter}'`)
  limitParts(parameter, field)
  if (operator === 'has') return { field, operator, value: isTruthy(coerceValue(parameter, text)) }
  if ((field === 'id' || field === 'last_modified') && (operator === 'contains' || operator === 'contains_any')) {
    throw invalid('querystring', parameter, `Field '${field}' is not an array`)
  }
  if (field === 'last_modified') return timestampFilter(candidate, now)
  const value = operand(candidate)
  const mustBeText = operator === 'like' || field === 'id'
  const items = operator === 'in' || operator === 'exclude' ? value : [value]
  if (mustBeText && !(isJsonArray(items) && items.every((item) => typeof item === 'string'))) throw invalidValue(parameter)
  return { field, operator, value }
}

function splitOperator(parameter: string): { operator: Operator; field: string } {
  const [, operator, field] = withOperator.exec(parameter) ?? []
  if (operator === undefined || field === undefined) return { operator: 'eq', field: parameter }
  return { operator: operator as Operator, field } // the expression lists exactly the operators
}

function timestampFilter({ parameter, operator, field, text }: Candidate, now: number): Filter {
  coerceText(parameter, text)
  if (operator === 'like') throw invalidValue(parameter)
  const one = (part: string): number => {
    const timestamp = parseTimestamp(part, now)
    if (timestamp === undefined) throw invalidValue(parameter)
    return timestamp
  }
  if (operator !== 'in' && operator !== 'exclude') return { field, operator, value: one(text) }
  // An empty part is harmless as long as something is asked for (R7.4, R7.10).
  const parts = timestampTexts(text)
  if (parts.length === 0) throw invalidValue(parameter)
  return { field, operator, value: parts.map(one) }
}

function timestampTexts(text: string): readonly string[] {
  const list = parseJson(text)
  if (list !== undefined && isJsonArray(list)) return list.map((item) => (typeof item === 'string' ? `"${item}"` : JSON.stringify(item)))
  return text.split(',').filter((part) => part.trim() !== '')
}

/** The value to compare with, in the form that `Filter` says. */
function operand({ parameter, operator, text }: Candidate): Json {
  if (operator === 'in' || operator === 'exclude') {
    const whole = coerceValue(parameter, text)
    return isJsonArray(whole) ? whole : text.split(',').map((part) => coerceValue(parameter, part))
  }
  const value = coerceValue(parameter, text)
  if (operator !== 'contains' && operator !== 'contains_any') return value
  return isJsonArray(value) ? value : [value]
}

function isTruthy(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return Boolean(value)
  return Object.keys(value).length > 0
}

const invalidValue = (parameter: string) => invalid('querystring', parameter, `Invalid value for ${parameter}`)
