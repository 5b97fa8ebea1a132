import { STATUS_CODES } from 'node:http'
import { type ErrorDefinition, type ErrorName, errorCatalog } from '../../errors/catalog.ts'
import type { Operation, OperationAnswer, OperationParameter } from '../../http/operation.ts'
import type { JsonObject } from '../../primitives/json.ts'
import { type Resolve, schemaObject } from './schema-object.ts'

/** What else the document tells of an operation. */
export interface OperationContext {
  /** The names of the path's parameters. */
  readonly pathParameters: readonly string[]
  readonly summary: string | undefined
  /** Undefined: not known. */
  readonly security: readonly JsonObject[] | undefined
  readonly resolve: Resolve
}

/** The definition that describes the body of errors. */
export const ERROR_SCHEMA = 'error.response'

/** An operation as OpenAPI 2.0 writes it. */
export function operationObject(operation: Operation, { pathParameters, summary, security, resolve }: OperationContext): JsonObject {
  const { id, tag, description, parameters = [], body, answers, errors = [] } = operation
  const ofPath = pathParameters.map((name): OperationParameter => {
    const known = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)
    return { in: 'path', name, schema: { type: 'string' }, ...known, required: true }
  })
  const others = parameters.filter((parameter) => parameter.in !== 'path')
  const bodyParameter = (content: NonNullable<typeof body>): JsonObject => ({
    in: 'body',
    name: 'body',
    required: content.required,
    schema: schemaObject(content.schema, resolve),
  })
  return {
    operationId: id,
    ...(summary === undefined ? {} : { summary }),
    ...(description === undefined ? {} : { description }),
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(body?.types === undefined ? {} : { consumes: body.types }),
    parameters: [
      ...[...ofPath, ...others].map((parameter) => parameterObject(parameter, resolve)),
      ...(body === undefined ? [] : [bodyParameter(body)]),
    ],
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseObject(answer, resolve)])),
      ...errorResponses(errors),
      default: errorObject('Any other error.'),
    },
    ...(security === undefined ? {} : { security }),
  }
}

/** The keywords that parameters outside of bodies may have. */
const simpleKeywords = [
  ...['type', 'format', 'items', 'default', 'enum', 'pattern', 'multipleOf', 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'],
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems'],
]

function parameterObject(parameter: OperationParameter, resolve: Resolve): JsonObject {
  const { in: place, name, description, required, repeated, schema } = parameter
  const simple = simpleSchema(schemaObject(schema, resolve))
  return {
    in: place,
    name,
    ...(description === undefined ? {} : { description }),
    ...(required === undefined ? {} : { required }),
    ...simple,
    ...(simple.type === 'array' ? { collectionFormat: repeated === true ? 'multi' : 'csv' } : {}),
  }
}

/** Text, unless it is a number, a boolean or a list of these: nothing else fits into a URL or a header. */
function simpleSchema(schema: JsonObject): JsonObject {
  const { type } = schema
  if (type !== 'string' && type !== 'number' && type !== 'integer' && type !== 'boolean' && type !== 'array') return { type: 'string' }
  const simple = Object.fromEntries(Object.entries(schema).filter(([keyword]) => simpleKeywords.includes(keyword)))
  return type === 'array' ? { ...simple, items: simpleSchema((schema.items ?? {}) as JsonObject) } : simple // a translated array has `items`, an object
}

function responseObject({ description, headers, schema }: OperationAnswer, resolve: Resolve): JsonObject {
  const described = Object.entries(headers ?? {}).map(([name, text]) => [name, { type: 'string', description: text }])
  return {
    description,
    ...(schema === undefined ? {} : { schema: schemaObject(schema, resolve) }),
    ...(described.length === 0 ? {} : { headers: Object.fromEntries(described) }),
  }
}

/** By status; errors that share one are told together. */
function errorResponses(names: readonly ErrorName[]): JsonObject {
  const texts = new Map<number, Set<string>>()
  for (const name of names) {
    const { status, message = STATUS_CODES[status] }: ErrorDefinition = errorCatalog[name]
    texts.set(status, (texts.get(status) ?? new Set()).add(message ?? name))
  }
  return Object.fromEntries([...texts].map(([status, messages]) => [status, errorObject([...messages].join(' '))]))
}

const errorObject = (description: string): JsonObject => ({ description, schema: { $ref: `#/definitions/${ERROR_SCHEMA}` } })

/** The body of every error (R3.1). */
export const errorSchema: JsonObject = {
  type: 'object',
  required: ['code', 'errno', 'error'],
  properties: {
    code: { type: 'integer', description: 'The HTTP status.' },
    errno: { type: 'integer', description: 'Tells errors of the same status apart.' },
    error: { type: 'string', description: 'A short name.' },
    message: { type: 'string' },
    info: { type: 'string', description: 'A URL with more information.' },
    details: { description: 'What is particular to this error, such as every fault of a request.' },
  },
}
