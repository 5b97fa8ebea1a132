import type { Fault } from '../../errors/invalid-parameters.ts'
import type { Parameters } from './query-string.ts'

const DAY = 24 * 60 * 60 * 1000

/** Parses a decimal integer, bare or in double quotes as in an `ETag`. Undefined if the text is anything else, or has stray quotes. */
export function parseInteger(text: string): number | undefined {
  const digits = /^(?:(-?\d+)|"(-?\d+)")$/.exec(text.trim())
  return digits === null ? undefined : Number(digits[1] ?? digits[2]) + 0 // no -0
}

/** Parses a timestamp to compare with (R7.10): an integer, bare or quoted, of at least 0 and less than a day ahead of `now`, else undefined. */
export function parseTimestamp(text: string, now: number): number | undefined {
  const value = parseInteger(text)
  return value !== undefined && value >= 0 && value < now + DAY ? value : undefined
}

/** The deprecated and other names of filters on the timestamp (R7.11). */
export const timestampAliases: ReadonlyMap<string, 'gt' | 'lt'> = new Map([
  ['_since', 'gt'],
  ['_before', 'lt'],
  ['_to', 'lt'],
])

/** Whether a `_since`, `_before` or `_to` of that value counts as not given (R7.11). */
export const isNotGiven = (value: string): boolean => value.trim() === 'null'

/**
 * What is wrong with the form of a list's query string: all faults of `_limit`, `_since`, `_before`, `_to` and `last_modified` (R7.10, R8.5). They
 * are found before the request is looked at closer and reported together with those of headers and body (R3.8, R3.21 step 9).
 */
export function checkQueryShape(parameters: Parameters, now: number): readonly Fault[] {
  const faults: Fault[] = []
  for (const [name, value] of parameters) {
    const description = shapeFault(name.trim(), value, now)
    if (description !== undefined) faults.push({ location: 'querystring', name: name.trim(), description })
  }
  return faults
}

function shapeFault(name: string, value: string, now: number): string | undefined {
  if (name === '_limit') return value.trim() === '' || value.trim() === 'null' ? undefined : numberFault(value)
  if (name !== 'last_modified' && (!timestampAliases.has(name) || isNotGiven(value))) return undefined
  return numberFault(value) ?? (parseTimestamp(value, now) === undefined ? `Invalid value for ${name}` : undefined)
}

function numberFault(text: string): string | undefined {
  const value = parseInteger(text)
  if (value === undefined) return `${JSON.stringify(text)} is not a number`
  return value < 0 ? `${value} is less than minimum value 0` : undefined
}
