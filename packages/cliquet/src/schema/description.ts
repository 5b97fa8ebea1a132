import type { ErrorObject } from 'ajv/dist/2020.js'
import { isJsonObject } from '../primitives/json.ts'

/** How many characters of a client's value are repeated to it. */
const maximumLength = 100

/** JSON text of `value`, cut after 100 characters. Never throws, however deep the value. */
export function shownValue(value: unknown): string {
  const text = textOf(value)
  return text.length > maximumLength ? `${text.slice(0, maximumLength).toWellFormed()}…` : text
}

/** `"[]" is not a mapping type: …` (R3.6). */
export function notAMapping(value: unknown): string {
  const text = typeof value === 'string' ? shownValue(value) : `"${shownValue(value)}"`
  return `${text} is not a mapping type: Does not implement dict-like functionality.`
}

/** A sentence that says what was expected (R3.6); `field` is the last part of the fault's name. */
export function describeFault(error: ErrorObject, field: string): string {
  const { keyword, params, data } = error
  if (keyword === 'type') return typeText(data, params.type, field)
  const constraint = keywordTexts[keyword]
  if (constraint !== undefined) return constraint(error)
  return `${shownValue(data)} ${error.message ?? 'is not valid'}`
}

const typeTexts: Readonly<Record<string, string>> = {
  number: 'is not a number',
  integer: 'is not an integer',
  boolean: 'is neither true nor false',
  array: 'is not an array',
  null: 'is not null',
}

function typeText(value: unknown, type: unknown, field: string): string {
  const types = (Array.isArray(type) ? type : String(type).split(',')).filter((name, _, all) => name !== 'null' || all.length === 1)
  const [only] = types
  if (types.length > 1) return `${shownValue(value)} is none of ${types.join(', ')}`
  if (only === 'string') return `${shownValue(value)} is not a string: {'${field}': ''}`
  if (only === 'object') return notAMapping(value)
  return `${shownValue(value)} ${typeTexts[String(only)] ?? `is not of type ${only}`}`
}

const keywordTexts: Readonly<Record<string, (error: ErrorObject) => string>> = {
  required: () => 'Required',
  dependentRequired: () => 'Required',
  additionalProperties: () => 'Unrecognized key',
  unevaluatedProperties: () => 'Unrecognized key',
  propertyNames: () => 'Not a valid key',
  const: ({ data, params }) => `${shownValue(data)} is not one of ${params.allowedValue}`,
  enum: ({ data, params }) => `${shownValue(data)} is not one of ${params.allowedValues.join(', ')}`,
  minLength: ({ params }) => `Shorter than minimum length ${params.limit}`,
  maxLength: ({ params }) => `Longer than maximum length ${params.limit}`,
  minItems: ({ params }) => `Shorter than minimum length ${params.limit}`,
  maxItems: ({ params }) => `Longer than maximum length ${params.limit}`,
  minProperties: ({ params }) => `Fewer than ${params.limit} keys`,
  maxProperties: ({ params }) => `More than ${params.limit} keys`,
  minimum: ({ data, params }) => `${shownValue(data)} is less than minimum value ${params.limit}`,
  maximum: ({ data, params }) => `${shownValue(data)} is greater than maximum value ${params.limit}`,
  exclusiveMinimum: ({ data, params }) => `${shownValue(data)} is not greater than ${params.limit}`,
  exclusiveMaximum: ({ data, params }) => `${shownValue(data)} is not less than ${params.limit}`,
  multipleOf: ({ data, params }) => `${shownValue(data)} is not a multiple of ${params.multipleOf}`,
  uniqueItems: () => 'Has duplicate items',
  format: ({ data, params }) => `${shownValue(data)} is not a ${params.format === 'uri' ? 'URL' : params.format}`,
  pattern: ({ data, params }) => `${shownValue(data)} does not match ${params.pattern}`,
  not: ({ data }) => `${shownValue(data)} is not allowed`,
  anyOf: (error) => unionText(error),
  oneOf: (error) => unionText(error),
}

function unionText({ data, schema }: ErrorObject): string {
  const alternatives = Array.isArray(schema) ? schema : []
  const literals = alternatives.map((part) => (isJsonObject(part) ? part.const : undefined))
  if (literals.every((literal) => literal !== undefined)) return `${shownValue(data)} is not one of ${literals.join(', ')}`
  const types = alternatives.map((part) => (isJsonObject(part) ? part.type : undefined))
  const known = types.every((type) => typeof type === 'string') && new Set(types).size > 1
  return known ? `${shownValue(data)} is none of ${[...new Set(types)].join(', ')}` : `${shownValue(data)} has none of the allowed forms`
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined'
  } catch {
    return 'a value nested too deep' // JSON.stringify overflows the stack on what JSON.parse survives
  }
}
