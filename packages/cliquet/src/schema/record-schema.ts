import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { type Clock, systemClock } from '../primitives/clock.ts'
import type { Json, JsonObject } from '../primitives/json.ts'
import { createAjv, createMetaCheck, type MetaCheck } from './ajv.ts'
import { type NamePrefix, type ValidatedFields, validationFaults } from './faults.ts'
import type { AnySchema } from './fields.ts'
import { type DescribedSchema, describeSchema, fieldNames, subschemas } from './json-schema.ts'
import { createLibraryCheck } from './library-check.ts'
import { type FieldPreparation, fieldPreparations, setOwn } from './preparation.ts'

/** What a resource's schema asks of its records (R5.32–R5.36). */
export interface RecordSchema {
  /** The declared fields, in the author's order. */
  readonly fieldNames: readonly string[]
  /** Those that a client must send. If there is none, `data` may be left out (R5.7). */
  readonly requiredFields: readonly string[]
  /** Plain JSON Schema 2020-12 of what clients send. */
  readonly jsonSchema: JsonObject
  readonly preserveUnknown: boolean
  /**
   * The fields as they are to be stored: defaults filled in, URLs trimmed, null for a declared field left out unless its type allows null,
   * unknown fields kept or dropped, `deleted` always dropped (R5.36). Or the faults: sorted by name, one for each place, at most 50; with the
   * prefix `''` only the first (R5.21). `fields` come without `id` and `last_modified`, are not changed, and have passed `findForbiddenText`.
   * Validating the result again changes nothing.
   */
  validate(fields: JsonObject, namePrefix: NamePrefix): ValidatedFields
}

/** How `compileRecordSchema` is to understand a schema. */
export interface RecordSchemaOptions {
  /** Whether fields that the schema doesn't declare are kept (R5.32). */
  readonly preserveUnknown: boolean
  /** The resource's name, for errors. */
  readonly resource: string
  /** Tells the time for `Type.Timestamp({ auto: true })`; by default the machine's. */
  readonly clock?: Clock
  /** Made by `createMetaCheck()`; share one between the resources of a service, it is slow to make. */
  readonly metaCheck?: MetaCheck
}

/** Compiles an author's schema once. @throws ConfigurationError that names the resource and the field, for a schema that makes no sense. */
export function compileRecordSchema(schema: AnySchema, options: RecordSchemaOptions): RecordSchema {
  const { preserveUnknown, resource, clock = systemClock, metaCheck = createMetaCheck() } = options
  const described = describeSchema(schema, resource)
  const { jsonSchema, library } = described
  const checks = compileChecks(described, { resource, metaCheck })
  const preparations = fieldPreparations({ root: jsonSchema, resource, clock, library: library !== undefined })
  const fields = new Map([...preparations].map(([name, field]) => [name, { ...field, nullable: checks.allowsNull(name) }]))
  const plan: Plan = { fields, defaulted: [...fields].filter(([, { absent }]) => absent !== undefined), preserveUnknown }
  const libraryCheck = library === undefined ? undefined : createLibraryCheck(library, { resource, fieldNames: [...fields.keys()] })
  return {
    fieldNames: [...fields.keys()],
    requiredFields: requiredOf(jsonSchema),
    jsonSchema,
    preserveUnknown,
    validate(given, namePrefix) {
      const prepared = prepare(given, plan)
      const faults = checks.isValid(prepared) ? undefined : validationFaults(checks.errors(prepared), namePrefix)
      const outcome = faults !== undefined ? { faults } : (libraryCheck?.(prepared, namePrefix) ?? { fields: prepared })
      return outcome.faults !== undefined && namePrefix === '' ? { faults: outcome.faults.slice(0, 1) } : outcome
    },
  }
}

interface Field extends FieldPreparation {
  readonly nullable: boolean
}

interface Plan {
  readonly fields: ReadonlyMap<string, Field>
  readonly defaulted: readonly (readonly [string, Field])[]
  readonly preserveUnknown: boolean
}

/** A new object: what is to be validated, and stored if it is valid. */
function prepare(given: JsonObject, { fields, defaulted, preserveUnknown }: Plan): JsonObject {
  const prepared: Record<string, Json> = {}
  for (const key in given) {
    const value = given[key]
    if (value === undefined) continue
    const field = fields.get(key)
    if (field === undefined) {
      if (preserveUnknown && key !== 'deleted') setOwn(prepared, key, value)
    } else if (value !== null || field.nullable) {
      prepared[key] = field.prepare === undefined ? value : field.prepare(value)
    }
  }
  for (const [name, { absent, prepare: prepareValue }] of defaulted) {
    if (Object.hasOwn(prepared, name) || absent === undefined) continue
    prepared[name] = prepareValue === undefined ? absent() : prepareValue(absent())
  }
  return prepared
}

function requiredOf({ required }: JsonObject): string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : []
}

interface Checks {
  readonly isValid: (fields: JsonObject) => boolean
  /** All errors, or the first one where there might be very many. */
  readonly errors: (fields: JsonObject) => readonly ErrorObject[]
  readonly allowsNull: (field: string) => boolean
}

/** The size of a record, in values, up to which all its faults are looked for: each costs memory. */
const maximumValues = 10_000

function compileChecks(
  { jsonSchema, library }: DescribedSchema,
  { resource, metaCheck }: { resource: string; metaCheck: MetaCheck },
): Checks {
  const options = { strict: library === undefined, annotations: annotationsOf(jsonSchema) }
  const key = 'record'
  const ajv = createAjv({ ...options, allErrors: false })
  const problem = metaCheck(jsonSchema)
  if (problem !== undefined) throw new ConfigurationError(`Resource "${resource}"${fieldOf(problem)}: ${problem}.`)
  const isValid = compiled(jsonSchema, { ajv, key, resource })
  checkDefaults(jsonSchema, { ajv, key, resource })
  const explainers = new Map<boolean, ValidateFunction>()
  return {
    isValid: (fields) => isValid(fields) === true,
    errors: (fields) => {
      const allErrors = hasAtMost(fields, maximumValues)
      const explain = explainers.get(allErrors) ?? createAjv({ ...options, allErrors, verbose: true }).compile(jsonSchema)
      explainers.set(allErrors, explain)
      return explain(fields) ? [] : (explain.errors ?? [])
    },
    allowsNull: (field) => ajv.getSchema(pointer(key, ['properties', field]))?.(null) === true,
  }
}

interface Compilation {
  readonly ajv: Ajv2020
  readonly key: string
  readonly resource: string
}

function compiled(jsonSchema: JsonObject, { ajv, key, resource }: Compilation): ValidateFunction {
  try {
    const check = ajv.addSchema(jsonSchema, key).getSchema(key)
    if (check !== undefined) return check
  } catch (cause) {
    const field = fieldNames(jsonSchema).find((name) => !compiles({ ...jsonSchema, properties: only(jsonSchema, name) }))
    const where = field === undefined ? '' : `, field "${field}"`
    throw new ConfigurationError(`Resource "${resource}"${where}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause })
  }
  throw new ConfigurationError(`Resource "${resource}": the schema can't be compiled.`)
}

/** Ajv's texts begin with the place: `/properties/url/minLength must be …`. */
function fieldOf(problem: string): string {
  const field = /^\/properties\/([^/ ]+)/.exec(problem)?.[1]
  return field === undefined ? '' : `, field "${field}"`
}

function compiles(jsonSchema: JsonObject): boolean {
  try {
    createAjv({ allErrors: false, strict: true, annotations: annotationsOf(jsonSchema) }).compile(jsonSchema)
    return true
  } catch {
    return false
  }
}

function only({ properties }: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(properties ?? {}).filter(([key]) => key === name))
}

/** @throws ConfigurationError for a default that its own schema refuses */
function checkDefaults(jsonSchema: JsonObject, { ajv, key, resource }: Compilation): void {
  for (const [path, schema] of allSubschemas(jsonSchema, [])) {
    if (schema.default === undefined) continue
    const check = ajv.getSchema(pointer(key, path))
    if (check === undefined || check(schema.default)) continue
    const [, field = '', ...rest] = path
    const where = rest.length === 0 ? `field "${field}"` : `field "${field}" (at /${path.join('/')})`
    throw new ConfigurationError(
      `Resource "${resource}", ${where}: the default ${JSON.stringify(schema.default)} does not satisfy its own schema: ${ajv.errorsText(check.errors)}.`,
    )
  }
}

function* allSubschemas(schema: JsonObject, path: readonly string[]): Generator<readonly [readonly string[], JsonObject]> {
  for (const [keys, part] of subschemas(schema)) {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) continue
    const object = part as JsonObject // neither null nor an array
    yield [[...path, ...keys], object]
    yield* allSubschemas(object, [...path, ...keys])
  }
}

function annotationsOf(jsonSchema: JsonObject): string[] {
  const own = (schema: JsonObject) => Object.keys(schema).filter((keyword) => keyword.startsWith('x-'))
  return [...own(jsonSchema), ...[...allSubschemas(jsonSchema, [])].flatMap(([, schema]) => own(schema))]
}

/** Where Ajv finds the subschema at `path` of the schema that it knows as `key`. */
const pointer = (key: string, path: readonly string[]): string =>
  `${key}#/${path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`

function hasAtMost(value: Json, maximum: number): boolean {
  let left = maximum
  const count = (item: Json): boolean => {
    left -= 1
    return left >= 0 && (typeof item !== 'object' || item === null || Object.values(item).every(count))
  }
  return count(value)
}
