import type { Fault } from '../errors/invalid-parameters.ts'
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts'
import { notAMapping, shownValue } from './description.ts'
import { bodyFault, listFaults, maximumFaults, placeName } from './faults.ts'
import { isStorableText } from './storable.ts'

/** Permission name → principals without duplicates; null where the client sent null (R10.12, R10.13). */
export type RequestedPermissions = Readonly<Record<string, readonly string[] | null>>

/**
 * The envelope of a request: what it holds, or its faults: sorted by name, at most 50. `data` is there beside faults if it is an object, so that
 * it can be validated too and all faults be told together (R3.8).
 */
export type ParsedBody =
  | { readonly data?: JsonObject; readonly permissions?: RequestedPermissions; readonly faults?: undefined }
  | { readonly data?: JsonObject; readonly faults: readonly Fault[]; readonly permissions?: undefined }

/** `data` is missing though the schema has required fields (R5.7, R5.18). */
export const dataRequired: Fault = bodyFault('data', 'Required')

/**
 * Parses the envelope of POST, PUT and PATCH with JSON or merge-patch (R5.6, R10.15). An absent body (`undefined`) equals `{}` (R5.7).
 * @param options.permissions the permissions that the resource knows; undefined: it has none, and the key is refused
 */
export function parseBody(body: unknown, { permissions: known }: { readonly permissions: readonly string[] | undefined }): ParsedBody {
  if (body === undefined) return {}
  if (!isJsonObject(body))
    return { faults: [bodyFault('', Array.isArray(body) ? notAMapping(body) : 'Should be a JSON object or an array')] }
  const { data, permissions, ...rest } = body
  const faults: Fault[] = []
  const unknown = known === undefined && permissions !== undefined ? { permissions, ...rest } : rest
  if (Object.keys(unknown).length > 0) faults.push(unrecognizedKeys(unknown))
  if (data !== undefined && !isJsonObject(data)) faults.push(bodyFault('data', notAMapping(data)))
  const requested = known === undefined || permissions === undefined ? undefined : parsePermissions(permissions, known, faults)
  const parsedData = isJsonObject(data) ? { data } : {}
  if (faults.length > 0) return { ...parsedData, faults: listFaults(faults) }
  return { ...parsedData, ...(requested === undefined ? {} : { permissions: requested }) }
}

function unrecognizedKeys(unknown: JsonObject): Fault {
  const keys = Object.entries(unknown).slice(0, 10)
  const shown = keys.map(
    ([key, value]) =>
      `'${placeName('', [key.slice(0, 100)])}': ${typeof value === 'string' ? `'${value.slice(0, 100)}'` : shownValue(value)}`,
  )
  return bodyFault('', `Unrecognized keys in mapping: "{${shown.join(', ').toWellFormed()}}"`)
}

/** The permissions named in `value`; what is wrong with them goes to `faults`. */
function parsePermissions(value: Json, known: readonly string[], faults: Fault[]): RequestedPermissions {
  if (!isJsonObject(value)) {
    faults.push(bodyFault('permissions', notAMapping(value)))
    return {}
  }
  const parsed: [string, readonly string[] | null][] = []
  for (const [name, principals] of Object.entries(value)) {
    if (faults.length >= maximumFaults) break
    if (!known.includes(name)) faults.push(bodyFault('permissions', `${shownValue(name)} is not one of ${known.join(', ')}`))
    else parsed.push([name, principals === null ? null : parsePrincipals(name, principals, faults)])
  }
  return Object.fromEntries(parsed)
}

function parsePrincipals(permission: string, value: Exclude<Json, null>, faults: Fault[]): readonly string[] {
  const name = `permissions.${permission}`
  if (!Array.isArray(value)) {
    faults.push(bodyFault(name, `${typeof value === 'string' ? shownValue(value) : `"${shownValue(value)}"`} is not iterable`))
    return []
  }
  const items: readonly Json[] = value
  const principals = new Set<string>()
  for (const [index, item] of items.entries()) {
    if (faults.length >= maximumFaults) break
    if (typeof item !== 'string') faults.push(bodyFault(`${name}.${index}`, `${shownValue(item)} is not a string: {'${index}': ''}`))
    else if (!isStorableText(item)) faults.push(bodyFault(`${name}.${index}`, 'Invalid character: NUL or a lone surrogate'))
    else principals.add(item)
  }
  return [...principals]
}
