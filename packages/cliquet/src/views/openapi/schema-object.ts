import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

/** Where a `$ref` leads in the document; undefined: nowhere. */
export type Resolve = (reference: string) => string | undefined

/** Keywords that mean the same in JSON Schema 2020-12 and in OpenAPI 2.0. */
const common = [
  ...['title', 'description', 'default', 'format', 'readOnly', 'multipleOf', 'minLength', 'maxLength', 'pattern'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
]

/**
 * Translates JSON Schema 2020-12 into a Schema Object of OpenAPI 2.0. What that can't express is left out, so that the translation accepts
 * all that the original accepts: null becomes `x-nullable`, alternatives `x-anyOf` beside what they have in common.
 */
export function schemaObject(schema: Json, resolve: Resolve): JsonObject {
  if (!isJsonObject(schema)) return {}
  const { $ref, ...rest } = schema
  if (typeof $ref === 'string') return referenceObject($ref, rest, resolve)
  const translate = (part: Json): JsonObject => schemaObject(part, resolve)
  return {
    ...alternatives(schema, translate),
    ...Object.fromEntries(Object.entries(schema).filter(([keyword, value]) => isKept(keyword, value))),
    ...typeAndValues(schema),
    ...bounds(schema),
    ...itemsOf(schema, translate),
    ...membersOf(schema, translate),
    ...(isList(schema.allOf) && schema.allOf.length > 0 ? { allOf: schema.allOf.map(translate) } : {}),
    ...(isList(schema.examples) && schema.examples[0] !== undefined ? { example: schema.examples[0] } : {}),
  }
}

/** Expressions are read as Unicode ones, here as in validation. */
function isKept(keyword: string, value: Json): boolean {
  return keyword.startsWith('x-') || (common.includes(keyword) && (keyword !== 'pattern' || isExpression(value)))
}

function isExpression(value: Json): boolean {
  try {
    return new RegExp(String(value), 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** What stands beside a reference is not looked at in OpenAPI 2.0: it is put around it. */
function referenceObject(reference: string, rest: JsonObject, resolve: Resolve): JsonObject {
  const target = resolve(reference)
  const beside = schemaObject(rest, resolve)
  if (target === undefined) return beside
  if (Object.keys(beside).length === 0) return { $ref: target }
  return { ...beside, allOf: [{ $ref: target }, ...(isList(beside.allOf) ? beside.allOf : [])] }
}

const nullable: JsonObject = { 'x-nullable': true }

/** `type`, `enum` and `const`. */
function typeAndValues(schema: JsonObject): JsonObject {
  const types = typesOf(schema)
  const values = 'const' in schema ? [schema.const ?? null] : isList(schema.enum) ? schema.enum : []
  const named = types.filter((type) => type !== 'null')
  const shown = values.filter((value) => value !== null)
  const type = named.length === 0 && types.length === 0 ? commonTypeOf(shown) : singleType(named)
  const allowsNull = values.length > 0 ? values.includes(null) && (types.length === 0 || types.includes('null')) : types.includes('null')
  return {
    ...(type === undefined ? {} : { type }),
    ...(shown.length === 0 ? {} : { enum: [...new Set(shown)] }),
    ...(allowsNull ? nullable : {}),
  }
}

function singleType(types: readonly Json[]): Json | undefined {
  const wide = types.includes('number') ? types.filter((type) => type !== 'integer') : types
  return wide.length === 1 ? wide[0] : undefined
}

function commonTypeOf(values: readonly Json[]): string | undefined {
  const [type, ...others] = new Set(values.map((value) => typeof value))
  return type !== undefined && type !== 'object' && others.length === 0 ? type : undefined
}

/** Exclusive bounds are numbers of their own in 2020-12, and marks on the others in OpenAPI 2.0. */
function bounds({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonObject): JsonObject {
  const isAbove = typeof exclusiveMinimum === 'number' && !(typeof minimum === 'number' && minimum > exclusiveMinimum)
  const isBelow = typeof exclusiveMaximum === 'number' && !(typeof maximum === 'number' && maximum < exclusiveMaximum)
  return {
    ...(isAbove ? { minimum: exclusiveMinimum, exclusiveMinimum: true } : typeof minimum === 'number' ? { minimum } : {}),
    ...(isBelow ? { maximum: exclusiveMaximum, exclusiveMaximum: true } : typeof maximum === 'number' ? { maximum } : {}),
  }
}

/** Arrays must say what their items are; those of tuples are different from each other. */
function itemsOf(schema: JsonObject, translate: (part: Json) => JsonObject): JsonObject {
  const { items, prefixItems } = schema
  const limit = items === false ? { maxItems: isList(prefixItems) ? prefixItems.length : 0 } : {}
  if (isList(prefixItems)) return { items: {}, ...limit }
  if (isJsonObject(items)) return { items: translate(items) }
  return singleType(typesOf(schema).filter((type) => type !== 'null')) === 'array' ? { items: {}, ...limit } : limit
}

function typesOf({ type }: JsonObject): readonly Json[] {
  if (type === undefined) return []
  return isList(type) ? type : [type]
}

/** `properties`, `required` and `additionalProperties`. */
function membersOf(schema: JsonObject, translate: (part: Json) => JsonObject): JsonObject {
  const declared = isJsonObject(schema.properties) ? Object.entries(schema.properties).filter(([, part]) => part !== false) : []
  const required = isList(schema.required) ? schema.required.filter((name) => typeof name === 'string') : []
  const others = additionalProperties(schema, translate)
  // Some tools insist that what is required be declared, here or in a part.
  const undeclared = isList(schema.allOf) ? [] : required
  const properties = Object.fromEntries([
    ...undeclared.map((name): [string, JsonObject] => [name, isJsonObject(others) ? others : {}]),
    ...declared.map(([name, part]): [string, JsonObject] => [name, translate(part)]),
  ])
  return {
    ...(required.length === 0 ? {} : { required: [...new Set(required)] }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(others === undefined ? {} : { additionalProperties: others }),
  }
}

/** Keys that match a pattern have a schema of their own: it is that of all keys if they all match it, or if others are refused. */
function additionalProperties(
  { properties, patternProperties, additionalProperties: others }: JsonObject,
  translate: (part: Json) => JsonObject,
): Json | undefined {
  const patterns = isJsonObject(patternProperties) ? Object.entries(patternProperties) : []
  const [only, ...more] = patterns
  if (only === undefined) return isJsonObject(others) ? translate(others) : others
  const [pattern, schema] = only
  const isForAll = more.length === 0 && properties === undefined && (others === false || /^\^?\(?\.\*\)?\$?$/.test(pattern))
  return isForAll ? translate(schema) : undefined
}

/** Alternatives of `anyOf` or `oneOf`: one that remains beside null is meant itself, constants are an enumeration. */
function alternatives({ anyOf, oneOf }: JsonObject, translate: (part: Json) => JsonObject): JsonObject {
  const all = isList(anyOf) ? anyOf : isList(oneOf) ? oneOf : []
  const branches = all.filter((branch) => !isNull(branch)).map(translate)
  const mark = branches.length < all.length || branches.some((branch) => branch['x-nullable'] === true) ? nullable : {}
  const [first, ...others] = branches
  if (first === undefined) return mark
  if (others.length === 0) return { ...('$ref' in first ? { allOf: [first] } : first), ...mark }
  const [type, ...otherTypes] = new Set(branches.map((branch) => branch.type))
  const shared = type === undefined || otherTypes.length > 0 ? {} : { type, ...(type === 'array' ? { items: {} } : {}) }
  const values = branches.map((branch) => (isList(branch.enum) ? branch.enum : undefined))
  if (values.every((list) => list !== undefined)) return { ...shared, enum: [...new Set(values.flat())], ...mark }
  return { ...shared, 'x-anyOf': branches, ...mark }
}

const isNull = (schema: Json): boolean => isJsonObject(schema) && (schema.type === 'null' || schema.const === null)

const isList = (value: Json | undefined): value is readonly Json[] => value !== undefined && isJsonArray(value)
