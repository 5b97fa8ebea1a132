import * as typebox from 'typebox'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts'
import type { AnySchema } from './fields.ts'
import { followsStandard, type StandardSchema } from './standard-schema.ts'

/** A record's schema in the two forms we work with. */
export interface DescribedSchema {
  /** Plain JSON Schema (draft 2020-12), `type: 'object'`. A field with a default is not in `required`. */
  readonly jsonSchema: JsonObject
  /** The library's object that has the last word, when the author used one. */
  readonly library: StandardSchema | undefined
}

/** Names that the protocol itself keeps in records (R5.36), and one that objects treat specially. */
const reserved = ['id', 'last_modified', 'deleted', '__proto__']

const singles = [
  'items',
  'contains',
  'additionalProperties',
  'unevaluatedItems',
  'unevaluatedProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]
const maps = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const keywordKinds = new Map<string, 'single' | 'map' | 'list'>([
  ...singles.map((name): [string, 'single'] => [name, 'single']),
  ...maps.map((name): [string, 'map'] => [name, 'map']),
  ...lists.map((name): [string, 'list'] => [name, 'list']),
])

/** JSON Schema of what the author gave. @throws ConfigurationError, which names `resource` and the field. */
export function describeSchema(schema: AnySchema, resource: string): DescribedSchema {
  const library = followsStandard(schema) ? standardSchema(schema, resource) : undefined
  const given = library === undefined ? typeboxSchema(schema, resource) : library['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
  const jsonSchema = plainSchema(given, { resource, path: [] })
  if (!isJsonObject(jsonSchema) || jsonSchema.type !== 'object') {
    throw new ConfigurationError(`Resource "${resource}": the schema must describe an object, with its fields in "properties".`)
  }
  for (const name of fieldNames(jsonSchema)) {
    if (reserved.includes(name))
      throw new ConfigurationError(`Resource "${resource}": a field can't be called "${name}", that name is reserved.`)
  }
  return { jsonSchema, library }
}

/** The fields that a record's JSON Schema declares, in its order. */
export const fieldNames = (jsonSchema: JsonObject): string[] =>
  isJsonObject(jsonSchema.properties) ? Object.keys(jsonSchema.properties) : []

/** The subschemas of a JSON Schema, each with the keys that lead to it. */
export function* subschemas(schema: JsonObject): Generator<readonly [path: readonly string[], schema: Json]> {
  for (const [keyword, value] of Object.entries(schema)) {
    const kind = keywordKinds.get(keyword)
    if (kind === 'single') yield [[keyword], value]
    else if (kind !== undefined && typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) yield [[keyword, key], item]
    }
  }
}

function standardSchema(schema: { readonly '~standard': object }, resource: string): StandardSchema {
  if (!('jsonSchema' in schema['~standard'])) {
    const advice = 'its library must implement Standard JSON Schema, as Zod 4.2 does'
    throw new ConfigurationError(`Resource "${resource}": the schema gives no JSON Schema ("~standard".jsonSchema); ${advice}.`)
  }
  const library = schema as StandardSchema // the convention promises the rest of the interface
  try {
    library['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
    library['~standard'].jsonSchema.output({ target: 'draft-2020-12' })
  } catch (cause) {
    throw new ConfigurationError(`Resource "${resource}": the schema can't be expressed in JSON: ${messageOf(cause)}`, { cause })
  }
  return library
}

function typeboxSchema(schema: AnySchema, resource: string): object {
  if (typebox.IsObject(schema)) return schema
  for (const [name, field] of Object.entries(schema)) {
    if (!isJsonObject(field)) throw new ConfigurationError(`Resource "${resource}", field "${name}": ${String(field)} is not a schema.`)
  }
  return typebox.Object(schema as typebox.TProperties) // neither a Type.Object nor a library's object: a map of fields, checked above
}

interface Place {
  readonly resource: string
  readonly path: readonly string[]
}

/** A copy of `schema` in plain JSON: no TypeBox marks, patterns as text, tuples as draft 2020-12 writes them. */
function plainSchema(schema: unknown, place: Place): Json {
  if (typeof schema === 'boolean') return schema
  if (!isJsonObject(schema)) throw misplaced(place, `${String(schema)} is not a schema`)
  if ('~refine' in schema || '~codec' in schema)
    throw misplaced(place, 'Type.Refine and Type.Codec are not supported, use the hook processRecord')
  const entries = Object.entries(tupleOf2020(schema)).filter(([keyword]) => keyword !== '$schema' && !keyword.startsWith('~'))
  const plain = Object.fromEntries(entries.map(([keyword, value]) => [keyword, plainKeyword(keyword, value, place)]))
  const { required, ...rest } = plain
  const needed = Array.isArray(required) ? required.filter((name) => !hasDefault(plain.properties, name)) : []
  return needed.length > 0 ? { ...rest, required: needed } : rest
}

function plainKeyword(keyword: string, value: unknown, { resource, path }: Place): Json {
  const at = (...keys: string[]): Place => ({ resource, path: [...path, keyword, ...keys] })
  const kind = keywordKinds.get(keyword)
  if (kind === 'single') return plainSchema(value, at())
  if (kind === 'map' && isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainSchema(item, at(key))]))
  }
  if (kind === 'list' && Array.isArray(value)) return value.map((item, index) => plainSchema(item, at(String(index))))
  if (keyword === 'pattern' && value instanceof RegExp) return value.source
  if (typeof value === 'bigint') return Number(value)
  if (keyword === 'const' || keyword === 'enum') return scalars(value, at())
  return JSON.parse(JSON.stringify(value) ?? 'null')
}

/** TypeBox writes tuples as draft 7 did: `items` as an array. */
function tupleOf2020(schema: JsonObject): JsonObject {
  if (!Array.isArray(schema.items)) return schema
  const { items, additionalItems, ...rest } = schema
  return { ...rest, prefixItems: items, items: additionalItems ?? true, minItems: rest.minItems ?? 0 }
}

/** Objects are not compared by `const` and `enum`: their keys are the client's, which the generated comparison would call (`valueOf`). */
function scalars(value: unknown, place: Place): Json {
  const items = Array.isArray(value) ? value : [value]
  if (items.some((item) => typeof item === 'object' && item !== null))
    throw misplaced(place, 'only text, numbers, booleans and null can be compared')
  return Array.isArray(value) ? items : items[0]
}

function hasDefault(properties: Json | undefined, name: string): boolean {
  const property = isJsonObject(properties) ? properties[name] : undefined
  return isJsonObject(property) && ('default' in property || property['x-now'] === true)
}

function misplaced({ resource, path }: Place, problem: string): ConfigurationError {
  const field = path[0] === 'properties' ? `, field "${path[1]}"` : ''
  return new ConfigurationError(`Resource "${resource}"${field}: ${problem} (at /${path.join('/')}).`)
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
