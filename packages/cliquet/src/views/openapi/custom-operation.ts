import type { RouteOptions } from 'fastify'
import type { Operation, OperationAnswer, OperationParameter } from '../../http/operation.ts'
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

/** An application's own route, as far as its Fastify schema and the usual annotations in it tell; undefined if it says `hide`. */
export function customOperation(
  { schema: given = {}, config }: RouteOptions,
  { method, path, uniqueId }: CustomRoute,
): Described | undefined {
  const schema = plain(given)
  if (schema.hide === true) return undefined
  const id = uniqueId(textOf(schema.operationId)?.replace(/[^\w.-]/g, '_') ?? `${method}${path.replace(/\W+/g, '_').replace(/_$/, '')}`)
  const tag = isList(schema.tags) ? textOf(schema.tags[0]) : undefined
  const description = textOf(schema.description)
  const body = schema.body
  const schemas: Record<string, JsonObject> = isJsonObject(body) ? { [`${id}.body`]: body } : {}
  const answers: Record<number, OperationAnswer> = {}
  for (const [status, answer] of Object.entries(isJsonObject(schema.response) ? schema.response : {})) {
    const code = /^2(?:xx|00)$/i.test(status) ? 200 : Number(status)
    if (!Number.isInteger(code) || !isJsonObject(answer)) continue
    schemas[`${id}.${code}`] = answer
    answers[code] = { description: textOf(answer.description) ?? 'The answer.', schema: { $ref: `#/$defs/${id}.${code}` } }
  }
  const operation: Operation = {
    id,
    ...(tag === undefined ? {} : { tag }),
    ...(description === undefined ? {} : { description }),
    parameters: [
      ...parametersOf('path', schema.params),
      ...parametersOf('query', schema.querystring ?? schema.query),
      ...parametersOf('header', schema.headers),
    ],
    ...(isJsonObject(body) ? { body: { required: true, schema: { $ref: `#/$defs/${id}.body` } } } : {}),
    answers: Object.keys(answers).length === 0 ? { 200: { description: 'The answer.' } } : answers,
    schemas,
  }
  const summary = textOf(schema.summary) ?? config?.summary
  return { operation, summary }
}

/** What the document knows of such a route. */
export interface CustomRoute {
  /** Lower case. */
  readonly method: string
  readonly path: string
  /** The same id, or another one if it is taken. */
  readonly uniqueId: (id: string) => string
}

/** An operation and its summary. */
export interface Described {
  readonly operation: Operation
  readonly summary: string | undefined
}

/** One parameter for each property of an object's schema. */
function parametersOf(place: OperationParameter['in'], schema: Json | undefined): OperationParameter[] {
  if (!isJsonObject(schema)) return []
  const properties = isJsonObject(schema.properties) ? schema.properties : {}
  const required = isList(schema.required) ? schema.required : []
  return Object.entries(properties).map(([name, property]) => ({
    in: place,
    name,
    ...(isJsonObject(property) && typeof property.description === 'string' ? { description: property.description } : {}),
    required: required.includes(name),
    repeated: place === 'query',
    schema: isJsonObject(property) ? property : {},
  }))
}

/** Authors' schemas may be any objects, such as TypeBox's; what JSON can carry of them is what they mean. */
function plain(value: object): JsonObject {
  const copy: unknown = JSON.parse(JSON.stringify(value))
  return isJsonObject(copy) ? copy : {}
}

const textOf = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value)
