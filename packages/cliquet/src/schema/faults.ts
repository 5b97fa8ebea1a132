import type { ErrorObject } from 'ajv/dist/2020.js'
import type { Fault } from '../errors/invalid-parameters.ts'
import { isJsonObject, type JsonObject } from '../primitives/json.ts'
import { describeFault } from './description.ts'

/** How many faults a request is told at most. */
export const maximumFaults = 50

/** Where the names of faults begin: `data.` in a request's envelope, `''` for the bare record of a PATCH (R5.21). */
export type NamePrefix = 'data.' | ''

/** The fields to store, or what is wrong with them. */
export type ValidatedFields =
  | { readonly fields: JsonObject; readonly faults?: undefined }
  | { readonly faults: readonly Fault[]; readonly fields?: undefined }

/** A fault in the body. `name` is a dotted path, `''` for the whole body. */
export const bodyFault = (name: string, description: string): Fault => ({ location: 'body', name, description })

/** The faults as R3.5 wants them: sorted by name, one for each place (the first), at most 50. */
export function listFaults(faults: readonly Fault[]): readonly Fault[] {
  const places = new Map<string, Fault>()
  for (const fault of faults) {
    const name = fault.name ?? 'None'
    if (!places.has(name)) places.set(name, fault)
  }
  const sorted = [...places].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted.slice(0, maximumFaults).map(([, fault]) => fault)
}

/** The name of the place that `path` leads to; an empty path is the whole of what the prefix names. */
export const placeName = (prefix: NamePrefix, path: readonly string[]): string =>
  (path.length > 0 ? prefix + path.join('.') : prefix.slice(0, -1)).toWellFormed()

/** Ajv's errors as faults. @param errors made with `verbose` */
export function validationFaults(errors: readonly ErrorObject[], prefix: NamePrefix): readonly Fault[] {
  const faults = patternsLast(withoutAlternatives(errors)).map((error) => {
    const path = pathOf(error)
    return bodyFault(placeName(prefix, path), describeFault(error, path.at(-1) ?? 'data'))
  })
  return listFaults(faults)
}

/** A format says more than the pattern that a library writes beside it. */
const patternsLast = (errors: readonly ErrorObject[]): ErrorObject[] => {
  const isPattern = ({ keyword }: ErrorObject): boolean => keyword === 'pattern'
  return [...errors.filter((error) => !isPattern(error)), ...errors.filter(isPattern)]
}

/**
 * For a union Ajv tells what is wrong with each alternative. That is kept if there is one alternative beside null; else it is left out, and
 * what remains says that no alternative fits.
 */
function withoutAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf')
  const nullable = new Set(unions.filter(isNullable))
  const closed = unions.filter((union) => !nullable.has(union))
  return errors.filter((error) => {
    if (nullable.has(error) || error.keyword === 'if') return false
    if (closed.some((union) => within(error, union))) return false
    return !(isNullType(error) && [...nullable].some(({ instancePath }) => instancePath === error.instancePath))
  })
}

const isNullable = ({ schema }: ErrorObject): boolean =>
  Array.isArray(schema) && schema.filter((part) => !(isJsonObject(part) && part.type === 'null')).length === 1

const isNullType = ({ keyword, params }: ErrorObject): boolean => keyword === 'type' && params.type === 'null'

/** Whether `error` was found while an alternative of `union` was tried: at or below its place, and not by a keyword beside the union. */
function within(error: ErrorObject, union: ErrorObject): boolean {
  const below = error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`)
  const beside = union.schemaPath.slice(0, -union.keyword.length)
  return below && (error.schemaPath.startsWith(`${union.schemaPath}/`) || !error.schemaPath.startsWith(beside))
}

/** The keys that lead to the value at fault, or to the one that is missing or too many. */
function pathOf({ instancePath, params, propertyName }: ErrorObject): string[] {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName ?? propertyName
  return typeof last === 'string' ? [...path, last] : path
}
