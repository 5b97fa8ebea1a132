import type { ErrorName } from '../errors/catalog.ts'
import type { Operation, OperationAnswer, OperationBody, OperationParameter } from '../http/operation.ts'
import type { IdGenerator } from '../model/ids.ts'
import type { JsonObject } from '../primitives/json.ts'
import type { ListMethod, RecordMethod, ResourceDefinition } from './define.ts'
import { PATCH_TYPES } from './patch-handler.ts'

/** What is particular to one method. `{}` in the id is the resource's name. */
interface MethodDescription {
  readonly id: string
  readonly description?: string
  readonly parameters?: readonly OperationParameter[]
  readonly body?: (definition: ResourceDefinition) => OperationBody
  readonly answers: (definition: ResourceDefinition) => Operation['answers']
  readonly errors: readonly ErrorName[]
}

/** What the service's description tells of a list's endpoint; nothing of HEAD, whose operation is that of GET (R2.8). */
export const listOperation = (definition: ResourceDefinition, method: ListMethod): Operation | undefined =>
  operation(definition, listMethods[method])

/** What the service's description tells of a record's endpoint. */
export function recordOperation(definition: ResourceDefinition, method: RecordMethod): Operation | undefined {
  const described = operation(definition, recordMethods[method])
  const id: OperationParameter = { in: 'path', name: 'id', schema: idSchema(definition.ids) }
  return described === undefined ? undefined : { ...described, parameters: [id, ...(described.parameters ?? [])] }
}

function operation(definition: ResourceDefinition, method: MethodDescription | undefined): Operation | undefined {
  if (method === undefined) return undefined
  const { name, permissions } = definition
  const { id, description, parameters = [], body, answers, errors } = method
  return {
    id: id.replace('{}', name),
    tag: `${name.charAt(0).toUpperCase()}${name.slice(1)}s`,
    ...(description === undefined ? {} : { description }),
    parameters: [...parameters, ...preconditions],
    ...(body === undefined ? {} : { body: body(definition) }),
    answers: answers(definition),
    errors: [
      'invalid-parameters',
      'missing-credentials',
      ...(permissions === undefined ? [] : (['forbidden'] as const)),
      'not-acceptable',
      ...errors,
      'precondition-failed',
      'backend-unavailable',
    ],
    schemas: { [name]: fieldsSchema(definition) },
  }
}

const text: JsonObject = { type: 'string' }
const names: JsonObject = { type: 'array', items: text }
const timestamp: JsonObject = { type: 'integer', format: 'int64' }

const query = (name: string, schema: JsonObject, description: string): OperationParameter => ({ in: 'query', name, schema, description })
const header = (name: string, schema: JsonObject, description: string): OperationParameter => ({ in: 'header', name, schema, description })

const entityTag: JsonObject = { type: 'string', pattern: '^(\\*|"[0-9]+")$' }

const preconditions = [
  header('If-Match', entityTag, 'Only if the timestamp is this one, in double quotes; `*`: only if there is something.'),
  header(
    'If-None-Match',
    entityTag,
    'Reading: only if the timestamp is not this one, in double quotes. `*`: only if there is nothing yet.',
  ),
]

const fieldsParameter = query('_fields', names, 'The fields to show, besides `id` and `last_modified`; dots lead into objects.')

const selection = [
  query('_since', text, 'Only what was changed or deleted after this timestamp, bare or quoted as in an ETag.'),
  query('_before', text, 'Only what was changed or deleted before this timestamp.'),
  query('_sort', names, 'Fields to sort by; `-` before a name: descending.'),
  query('_limit', { type: 'integer', minimum: 0 }, 'The length of a page; 0: as long as the service allows.'),
  query('_token', text, 'Where the page begins; taken from the header Next-Page.'),
]

const filters =
  `Every other query parameter is a filter: \`{field}=value\`, or with an operator before the name of the field: \`min_\`, \`max_\`, \`lt_\`,
\`gt_\`, \`not_\`, \`eq_\`, \`in_\`, \`exclude_\`, \`like_\`, \`has_\`, \`contains_\`, \`contains_any_\`. Dots lead into objects.`.replace(
    '\n',
    ' ',
  )

const stampHeaders = { ETag: 'The timestamp in double quotes.', 'Last-Modified': 'The same as an HTTP date.' }
const listHeaders = { ...stampHeaders, 'Next-Page': 'The URL of the next page, if there is one.' }
const unchanged: OperationAnswer = { description: 'Not changed since the timestamp of If-None-Match.', headers: stampHeaders }

const writing: readonly ErrorName[] = ['constraint-violated', 'body-too-large', 'unsupported-media-type']

const listMethods: Readonly<Partial<Record<ListMethod, MethodDescription>>> = {
  GET: {
    id: 'get_{}s',
    description: `${filters} HEAD answers how many records match, in the header Total-Objects.`,
    parameters: [...selection, fieldsParameter],
    answers: (definition) => ({
      200: { description: 'The records, and tombstones of deleted ones.', headers: listHeaders, schema: listOf(record(definition)) },
      304: unchanged,
    }),
    errors: [],
  },
  POST: {
    id: 'create_{}',
    body: (definition) => wholeBody(definition),
    answers: (definition) => ({
      200: answered(definition, 'The record that has this id already.'),
      201: answered(definition, 'The new record.'),
    }),
    errors: writing,
  },
  DELETE: {
    id: 'delete_{}s',
    description: filters,
    parameters: selection,
    answers: () => ({ 200: { description: 'What was deleted.', headers: listHeaders, schema: listOf(tombstone) } }),
    errors: [],
  },
}

const recordMethods: Readonly<Partial<Record<RecordMethod, MethodDescription>>> = {
  GET: {
    id: 'get_{}',
    parameters: [fieldsParameter],
    answers: (definition) => ({ 200: answered(definition, 'The record.'), 304: unchanged }),
    errors: ['missing-record'],
  },
  PUT: {
    id: 'update_{}',
    body: (definition) => wholeBody(definition),
    answers: (definition) => ({ 200: answered(definition, 'The replaced record.'), 201: answered(definition, 'The new record.') }),
    errors: writing,
  },
  PATCH: {
    id: 'patch_{}',
    description: 'A body of the type application/json-patch+json is a list of operations (RFC 6902) instead of an object.',
    parameters: [
      header('Response-Behavior', { type: 'string', enum: ['full', 'light', 'diff'], default: 'full' }, 'Which fields the answer has.'),
    ],
    body: (definition) => ({ required: true, types: PATCH_TYPES, schema: patchBody(definition) }),
    answers: (definition) => ({
      200: { description: 'The changed record.', headers: stampHeaders, schema: envelope(definition, reference(definition)) },
    }),
    errors: ['missing-record', ...writing],
  },
  DELETE: {
    id: 'delete_{}',
    parameters: [query('last_modified', text, 'The timestamp of the deletion, if it is to be later than now.')],
    answers: () => ({ 200: { description: 'What was deleted.', headers: stampHeaders, schema: dataOf(tombstone) } }),
    errors: ['missing-record'],
  },
}

const tombstone: JsonObject = {
  type: 'object',
  required: ['id', 'last_modified', 'deleted'],
  properties: { id: text, last_modified: timestamp, deleted: { type: 'boolean', enum: [true] } },
}

/** All fields of a record, none of them required: that is up to where it is referred to. */
function fieldsSchema({ schema, ids }: ResourceDefinition): JsonObject {
  const { required: _required, properties, ...rest } = schema.jsonSchema
  const deleted: JsonObject = { type: 'boolean', readOnly: true, description: 'Only in tombstones, where it is true.' }
  const lastModified: JsonObject = { ...timestamp, description: 'When it was changed last: ms since the epoch, unique in its list.' }
  const declared = properties as JsonObject | undefined // a map of schemas, as the schema's compilation has checked
  return { ...rest, properties: { id: idSchema(ids), last_modified: lastModified, ...declared, deleted } }
}

/** Ids match the generator's expression from end to end (R5.11). */
function idSchema({ pattern: { source, flags } }: IdGenerator): JsonObject {
  if (flags.replace('u', '') !== '') return text
  return { ...text, pattern: /^\^[^|]*\$$/.test(source) ? source : `^(?:${source})$` }
}

const reference = ({ name }: ResourceDefinition): JsonObject => ({ $ref: `#/$defs/${name}` })
const withRequired = (definition: ResourceDefinition, required: readonly string[]): JsonObject => ({
  type: 'object',
  allOf: [reference(definition)],
  required,
})
const record = (definition: ResourceDefinition): JsonObject => withRequired(definition, ['id', 'last_modified'])
const dataOf = (data: JsonObject): JsonObject => ({ type: 'object', required: ['data'], properties: { data } })
const listOf = (items: JsonObject): JsonObject => dataOf({ type: 'array', items })

/** `data`, and `permissions` where records have some (R5.6, R5.9). */
function envelope({ permissions }: ResourceDefinition, data: JsonObject): JsonObject {
  if (permissions === undefined) return { type: 'object', properties: { data } }
  const sets = Object.fromEntries(permissions.map((name) => [name, names]))
  return { type: 'object', properties: { data, permissions: { type: 'object', properties: sets, additionalProperties: false } } }
}

/** A record with all that its schema asks for; may be left out if that is nothing (R5.7). */
function wholeBody(definition: ResourceDefinition): OperationBody {
  const { requiredFields } = definition.schema
  if (requiredFields.length === 0) return { required: false, schema: envelope(definition, reference(definition)) }
  return { required: true, schema: { ...envelope(definition, withRequired(definition, requiredFields)), required: ['data'] } }
}

/** An object, or a list: nothing is said of its type. */
function patchBody(definition: ResourceDefinition): JsonObject {
  const { type: _type, ...rest } = envelope(definition, reference(definition))
  return rest
}

const answered = (definition: ResourceDefinition, description: string): OperationAnswer => ({
  description,
  headers: stampHeaders,
  schema: { ...envelope(definition, record(definition)), required: ['data'] },
})
