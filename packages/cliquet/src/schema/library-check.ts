import { ConfigurationError } from '../errors/configuration-error.ts'
import { isJsonObject, type JsonObject } from '../primitives/json.ts'
import { bodyFault, listFaults, type NamePrefix, placeName, type ValidatedFields } from './faults.ts'
import type { StandardIssue, StandardSchema } from './standard-schema.ts'

/**
 * The last word of the author's library on fields that satisfy its JSON Schema: refinements that JSON Schema can't express, its own defaults
 * and clean-ups. Fields that it doesn't know stay as they are. @throws ConfigurationError if it answers with a promise
 */
export function createLibraryCheck(library: StandardSchema, { resource, fieldNames }: { resource: string; fieldNames: readonly string[] }) {
  const declared = new Set(fieldNames)
  return (fields: JsonObject, prefix: NamePrefix): ValidatedFields => {
    const result = library['~standard'].validate(fields)
    if (result instanceof Promise)
      throw new ConfigurationError(`Resource "${resource}": the schema validates asynchronously, use a hook for that.`)
    if (result.issues !== undefined) return { faults: listFaults(result.issues.map((issue) => issueFault(issue, prefix))) }
    const value = isJsonObject(result.value) ? result.value : {}
    const unknown = Object.entries(fields).filter(([name]) => !declared.has(name))
    const known = Object.entries(value).filter(([name, item]) => declared.has(name) && item !== undefined)
    return { fields: Object.fromEntries([...known, ...unknown]) }
  }
}

function issueFault({ message, path = [] }: StandardIssue, prefix: NamePrefix) {
  const keys = path.map((part) => String(typeof part === 'object' ? part.key : part))
  return bodyFault(placeName(prefix, keys), message)
}
