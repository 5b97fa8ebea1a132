import { invalid } from '../../errors/invalid-parameters.ts'
import type { Json } from '../../primitives/json.ts'
import { sortKeys } from '../../primitives/json.ts'

const MAX_DEPTH = 100

/**
 * The value that the text of a parameter means (R7.3): the text as JSON, else the text itself. Numbers that overflow a double are no JSON
 * (R0.3). The keys of objects are sorted, as in stored records.
 * @throws InvalidParameters on what no stored value can hold: NUL (R7.12), lone surrogates, nesting deeper than 100
 */
export function coerceValue(parameter: string, text: string): Json {
  const parsed = parseJson(text)
  const fault = parsed === undefined ? unsoundness(text) : unsoundness(parsed)
  if (parsed === undefined || fault === 'overflow') return coerceText(parameter, text)
  refuse(parameter, fault)
  return sortKeys(parsed)
}

/** The same text, if stored text can hold it. @throws InvalidParameters otherwise (R7.12) */
export function coerceText(parameter: string, text: string): string {
  refuse(parameter, unsoundness(text))
  return text
}

/** Parses what a client sent. Undefined if it is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json // that is what JSON.parse returns
  } catch {
    return undefined
  }
}

/** Why a parsed value can't be compared with stored ones, if so. The first reason found. */
export function unsoundness(value: Json): 'nul' | 'surrogate' | 'overflow' | 'depth' | undefined {
  const pending: { item: Json; depth: number }[] = [{ item: value, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { item, depth } = next
    const reason = scalarUnsoundness(item)
    if (reason !== undefined) return reason
    if (typeof item !== 'object' || item === null) continue
    if (depth >= MAX_DEPTH) return 'depth'
    for (const [key, child] of Object.entries(item)) pending.push({ item: key, depth }, { item: child, depth: depth + 1 })
  }
  return undefined
}

function scalarUnsoundness(value: Json): 'nul' | 'surrogate' | 'overflow' | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'overflow'
  if (typeof value !== 'string') return undefined
  if (value.includes('\0')) return 'nul'
  return value.isWellFormed() ? undefined : 'surrogate'
}

function refuse(parameter: string, fault: ReturnType<typeof unsoundness>): void {
  if (fault === 'nul') throw invalid('querystring', parameter, 'Invalid character 0x00')
  if (fault !== undefined) throw invalid('querystring', parameter, `Invalid value for ${parameter}`)
}
