import { type Fault, InvalidParameters, invalid } from '../../errors/invalid-parameters.ts'
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

/** One operation of a JSON Patch (RFC 6902). `value` and `from` may be missing: whether they are needed shows when it is applied (R5.26). */
export interface Operation {
  readonly op: OperationName
  /** Begins with `/`. */
  readonly path: string
  readonly from: string | undefined
  readonly value: Json | undefined
}

/** What an operation does. */
export type OperationName = (typeof names)[number]

const names = ['test', 'add', 'remove', 'replace', 'move', 'copy'] as const

const keys: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value'])

/**
 * Reads the body of a JSON Patch (R5.25).
 * @throws InvalidParameters with all faults: `''` when it is no array, `0` for an operation that is no object or has other keys, `0.op`, …
 */
export function parseOperations(body: unknown): readonly Operation[] {
  if (!isList(body)) throw invalid('body', '', `${describe(body)} is not an array of operations`)
  const faults: Fault[] = []
  const operations = body.flatMap((item, index) => parseOperation(item, String(index), faults) ?? [])
  const [first, ...others] = faults
  if (first !== undefined) throw new InvalidParameters([first, ...others])
  return operations
}

function parseOperation(item: unknown, index: string, faults: Fault[]): Operation | undefined {
  const report = (name: string, description: string) => faults.push({ location: 'body', name, description })
  if (!isJsonObject(item)) {
    report(index, `${describe(item)} is not an operation`)
    return undefined
  }
  const unknown = Object.keys(item).filter((key) => !keys.has(key))
  if (unknown.length > 0) report(index, `Unrecognized keys in mapping: ${unknown.map(describe).join(', ')}`)
  const op = parseName(item, index, report)
  const path = parsePointer(item, 'path', index, report)
  const from = Object.hasOwn(item, 'from') ? parsePointer(item, 'from', index, report) : undefined
  const value = Object.hasOwn(item, 'value') ? item.value : undefined
  return op === undefined || path === undefined ? undefined : { op, path, from, value }
}

type Report = (name: string, description: string) => void

function parseName(item: JsonObject, index: string, report: Report): OperationName | undefined {
  const op = Object.hasOwn(item, 'op') ? item.op : undefined
  const name = names.find((known) => known === op)
  if (name === undefined) report(`${index}.op`, op === undefined ? 'Required' : `${describe(op)} is not one of ${names.join(', ')}`)
  return name
}

function parsePointer(item: JsonObject, key: 'path' | 'from', index: string, report: Report): string | undefined {
  const pointer = Object.hasOwn(item, key) ? item[key] : undefined
  if (typeof pointer === 'string' && pointer.startsWith('/')) return pointer
  report(`${index}.${key}`, pointer === undefined ? 'Required' : `${describe(pointer)} is not a path that starts with /`)
  return undefined
}

/** A value as the text of an error shows it: the beginning of its JSON. */
function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return JSON.stringify(value ?? null).slice(0, 100)
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)
