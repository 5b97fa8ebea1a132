import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import fastify from 'fastify'
import { type AuthenticationPolicy, cliquet, type Service, Type } from '../../src/index.ts'
import { backendSettings, type Fields, type OpenOptions, openService } from './service-under-test.ts'

/** An operation of a description, as far as tests look at it. */
interface Operation {
  readonly operationId: string
  readonly tags?: readonly string[]
  readonly summary?: string
  readonly consumes?: readonly string[]
  readonly security?: readonly Fields[]
  readonly parameters: readonly Parameter[]
  readonly responses: Readonly<Record<string, { readonly schema?: Fields; readonly headers?: Fields }>>
}

interface Parameter {
  readonly in: string
  readonly name: string
  readonly required?: boolean
  readonly type?: string
  readonly schema?: Fields
  readonly collectionFormat?: string
}

interface Description extends Fields {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly definitions: Readonly<Record<string, { readonly properties?: Fields }>>
  readonly tags: readonly { readonly name: string }[]
}

/** The description of a service, after everything that a validator checks. */
async function describe(options: OpenOptions): Promise<Description> {
  const { request } = await openService(options)
  const answer = await request('GET', '/v1/__api__', { auth: null })
  assert.equal(answer.status, 200)
  const description = answer.body as Description // the tests find out whether it is one
  await assertValid(description)
  return description
}

/** The schema of OpenAPI 2.0, and the rules that its text adds to it. */
async function assertValid(description: Description): Promise<void> {
  const { valid, errors } = await new Validator().validate(structuredClone(description))
  assert.ok(valid, JSON.stringify(errors, null, 2))
  const operations = operationsOf(description)
  const ids = operations.map(({ operation }) => operation.operationId)
  assert.equal(new Set(ids).size, ids.length, `operation ids are unique: ${ids}`)
  for (const { path, operation } of operations) {
    const templated = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    const declared = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)
    assert.deepEqual(declared, templated, `${path} declares its parameters`)
    const names = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
    assert.equal(new Set(names).size, names.length)
    assert.ok(operation.parameters.filter((parameter) => parameter.in === 'body').length <= 1)
  }
  for (const reference of referencesIn(description)) {
    const name = /^#\/definitions\/([^/]+)$/.exec(reference)?.[1] ?? ''
    assert.ok(Object.hasOwn(description.definitions, name), `${reference} leads somewhere`)
  }
}

function operationsOf({ paths }: Description): { path: string; method: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })))
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' ? [String(part)] : referencesIn(part)))
}

/** `get /bookmarks` for every operation. */
const methodsOf = (description: Description): string[] => operationsOf(description).map(({ method, path }) => `${method} ${path}`)

function operationNamed(description: Description, id: string): Operation {
  const found = operationsOf(description).find(({ operation }) => operation.operationId === id)
  assert.ok(found, `there is an operation ${id}`)
  return found.operation
}

const utilities = ['get /', 'get /__heartbeat__', 'get /__lbheartbeat__', 'get /__version__', 'get /__api__']

const bookmarks = (service: Service): void => {
  service.resource('bookmark', {
    schema: {
      url: Type.URL(),
      title: Type.String({ default: '' }),
      rating: Type.Union([Type.Null(), Type.Integer({ exclusiveMinimum: 0 })]),
    },
    uniqueFields: ['url'],
  })
}

test('R2.8: a user-isolated resource is described, and the description is valid OpenAPI 2.0', async () => {
  const description = await describe({ name: 'links', version: '1.23.4', prepare: bookmarks })
  assert.equal(description.swagger, '2.0')
  assert.deepEqual(description.info, { title: 'links', version: '1.23' })
  assert.equal(description.basePath, '/v1')
  assert.deepEqual(description.schemes, ['http'])
  const { basicauth } = description.securityDefinitions as Record<string, Fields> // there is one policy
  assert.equal(basicauth?.type, 'basic')
  const names = description.tags.map(({ name }) => name)
  assert.deepEqual([names.includes('Utilities'), names.at(-1)], [true, 'Bookmarks'])
})

test('R2.8: operation ids and tags are those that the protocol names', async () => {
  const description = await describe({ prepare: bookmarks })
  const expected: [string, string, string][] = [
    ['/', 'get', 'server_info'],
    ['/__heartbeat__', 'get', '__heartbeat__'],
    ['/__lbheartbeat__', 'get', '__lbheartbeat__'],
    ['/__version__', 'get', '__version__'],
    ['/bookmarks', 'get', 'get_bookmarks'],
    ['/bookmarks', 'post', 'create_bookmark'],
    ['/bookmarks', 'delete', 'delete_bookmarks'],
    ['/bookmarks/{id}', 'get', 'get_bookmark'],
    ['/bookmarks/{id}', 'put', 'update_bookmark'],
    ['/bookmarks/{id}', 'patch', 'patch_bookmark'],
    ['/bookmarks/{id}', 'delete', 'delete_bookmark'],
  ]
  for (const [path, method, id] of expected) {
    const operation = description.paths[path]?.[method]
    assert.equal(operation?.operationId, id)
    assert.deepEqual(operation?.tags, [path.startsWith('/bookmarks') ? 'Bookmarks' : 'Utilities'])
    assert.ok((operation?.summary ?? '').length > 0)
  }
})

test('R2.8: public operations need nothing, others any of the policies', async () => {
  const bearer: AuthenticationPolicy = { name: 'tokens', challenge: 'Bearer', authenticate: () => undefined }
  const settings = { 'multiauth.policies': 'basicauth tokens' }
  const description = await describe({ policies: [bearer], settings, prepare: bookmarks })
  for (const { path, operation } of operationsOf(description)) {
    const isPublic = !path.startsWith('/bookmarks')
    assert.deepEqual(operation.security, isPublic ? [] : [{ basicauth: [] }, { tokens: [] }], path)
  }
  const { tokens } = description.securityDefinitions as Record<string, Fields> // there are two policies
  assert.deepEqual(tokens, { type: 'apiKey', in: 'header', name: 'Authorization' })
})

test('R2.1 R2.11: anybody may have the description, with any Accept, and nobody is told to cache it', async () => {
  const { request, inject, raw, host } = await openService({ prepare: bookmarks })
  const anonymous = await request('GET', '/v1/__api__', { auth: null, headers: { accept: 'text/html' } })
  assert.equal(anonymous.status, 200)
  assert.equal(anonymous.headers['content-type'], 'application/json')
  assert.equal(anonymous.body.host, host)
  for (const name of ['cache-control', 'expires', 'etag', 'last-modified']) assert.equal(anonymous.headers[name], undefined, name)
  assert.equal((await request('HEAD', '/v1/__api__')).status, 200)
  assert.equal((await request('POST', '/v1/__api__', { body: {} })).status, 405)
  assert.equal((await inject('GET', '/v1/__api__', { headers: { host: 'api.example:443' } })).body.host, 'api.example:443')
  assert.equal((await inject('GET', '/v1/__api__', { headers: { host: '[::1]:8000' } })).body.host, undefined)
  assert.match(await raw(`GET /v1/__api__ HTTP/1.1\r\nHost: two.example\r\nConnection: close\r\n\r\n`), /"host":"two\.example"/)
})

test('R2.8 R1.15: http_scheme and http_host decide where the service is', async () => {
  const settings = { http_scheme: 'https', http_host: 'api.example', project_docs: 'https://docs.example/' }
  const description = await describe({ settings })
  assert.deepEqual([description.host, description.schemes], ['api.example', ['https']])
  assert.deepEqual(description.externalDocs, { url: 'https://docs.example/' })
})

test('R2.8: lists have their query parameters, and all operations of resources the conditional headers', async () => {
  const description = await describe({ prepare: bookmarks })
  const names = (id: string, place: string): string[] =>
    operationNamed(description, id).parameters.flatMap((parameter) => (parameter.in === place ? [parameter.name] : []))
  assert.deepEqual(names('get_bookmarks', 'query'), ['_since', '_before', '_sort', '_limit', '_token', '_fields'])
  assert.deepEqual(names('delete_bookmarks', 'query'), ['_since', '_before', '_sort', '_limit', '_token'])
  assert.deepEqual(names('get_bookmark', 'query'), ['_fields'])
  for (const { operation } of operationsOf(description)) {
    if (operation.tags?.[0] !== 'Bookmarks') continue
    const headers = names(operation.operationId, 'header').filter((name) => name.startsWith('If-'))
    assert.deepEqual(headers, ['If-Match', 'If-None-Match'])
    for (const status of ['400', '401', '412', 'default']) {
      assert.deepEqual(operation.responses[status]?.schema, { $ref: '#/definitions/error.response' })
    }
  }
})

test('R2.8 R5.6 R5.7: bodies are envelopes; they are required where the schema requires a field', async () => {
  const description = await describe({
    prepare(service) {
      bookmarks(service)
      service.resource('note', { shared: true, schema: { text: Type.String({ default: '' }) } })
    },
  })
  const body = (id: string): Parameter | undefined =>
    operationNamed(description, id).parameters.find((parameter) => parameter.in === 'body')
  const data = { type: 'object', required: ['url', 'rating'], allOf: [{ $ref: '#/definitions/bookmark' }] }
  assert.deepEqual(body('create_bookmark')?.schema, { type: 'object', required: ['data'], properties: { data } })
  assert.deepEqual([body('create_bookmark')?.required, body('create_note')?.required], [true, false])
  const principals = { type: 'array', items: { type: 'string' } }
  const permissions = { type: 'object', properties: { read: principals, write: principals }, additionalProperties: false }
  const note = { type: 'object', properties: { data: { $ref: '#/definitions/note' }, permissions } }
  assert.deepEqual(body('update_note')?.schema, note)
  assert.ok(operationNamed(description, 'create_note').responses['403'])
  assert.equal(operationNamed(description, 'create_bookmark').responses['403'], undefined)
  assert.equal(operationNamed(description, 'patch_note').consumes?.length, 3)
})

test('R2.8 R5.1: own paths are shown without the prefix, their parameters as OpenAPI writes them', async () => {
  const description = await describe({
    prepare(service) {
      service.resource('mushroom', {
        schema: { name: Type.String() },
        parentId: ({ request }) => request.url,
        collectionPath: '/forests/{forest}/mushrooms',
        recordPath: '/forests/{forest}/mushroom/{id}',
        idGenerator: () => 'abc',
      })
    },
  })
  assert.ok(description.paths['/forests/{forest}/mushrooms']?.post)
  const { parameters } = operationNamed(description, 'get_mushroom')
  assert.deepEqual(parameters.slice(0, 2), [
    { in: 'path', name: 'forest', type: 'string', required: true },
    { in: 'path', name: 'id', type: 'string', required: true, pattern: '^[a-zA-Z0-9][a-zA-Z0-9_-]*$' },
  ])
})

test('R2.8 R5.3: methods that options or settings switch off are absent', async () => {
  const description = await describe({
    settings: { object_article_delete_enabled: false, plural_article_post_enabled: false },
    prepare(service) {
      service.resource('article', { schema: {}, collectionMethods: ['GET', 'POST'] })
      service.resource('event', { schema: {}, recordPath: null })
    },
  })
  const shown = methodsOf(description).filter((method) => /article|event/.test(method))
  assert.deepEqual(shown, [
    'get /articles',
    'get /articles/{id}',
    'put /articles/{id}',
    'patch /articles/{id}',
    'get /events',
    'post /events',
    'delete /events',
  ])
})

test('R2.8 R5.4: a read-only service describes what can be read', async () => {
  const description = await describe({ settings: { readonly: true, flush_endpoint_enabled: true }, prepare: bookmarks })
  assert.deepEqual(methodsOf(description), [...utilities, 'get /bookmarks', 'get /bookmarks/{id}'])
})

test('R2.8 R2.7 R2.10: endpoints that have to be enabled are there when they are', async () => {
  const description = await describe({ settings: { flush_endpoint_enabled: true }, contribution: { name: 'test' } })
  assert.deepEqual(Object.keys(description.paths['/__flush__']?.post?.responses ?? {}), ['202', 'default'])
  assert.ok(description.paths['/contribute.json']?.get)
  assert.equal((await describe({})).paths['/__flush__'], undefined)
})

test('R2.8: what OpenAPI 2.0 can’t say of a schema is translated or left out', async () => {
  const description = await describe({
    prepare(service) {
      service.resource('thing', {
        schema: {
          kind: Type.Literal('a'),
          size: Type.Union([Type.Literal('small'), Type.Literal('large'), Type.Null()]),
          count: Type.Integer({ exclusiveMinimum: 3, minimum: 1, exclusiveMaximum: 9 }),
          either: Type.Union([Type.String(), Type.Number()]),
          place: Type.Object({ lat: Type.Number(), lon: Type.Number() }, { additionalProperties: false }),
          pair: Type.Tuple([Type.String(), Type.Number()]),
          scores: Type.Record(Type.String(), Type.Number()),
          both: Type.Intersect([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })]),
          tree: Type.Cyclic({ Node: Type.Object({ children: Type.Array(Type.Ref('Node')) }) }, 'Node'),
          link: Type.URL(),
        },
      })
    },
  })
  const fields = description.definitions.thing?.properties
  assert.deepEqual(fields?.kind, { type: 'string', enum: ['a'] })
  assert.deepEqual(fields?.size, { type: 'string', enum: ['small', 'large'], 'x-nullable': true })
  assert.deepEqual(fields?.count, { type: 'integer', minimum: 3, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true })
  assert.deepEqual(fields?.either, { 'x-anyOf': [{ type: 'string' }, { type: 'number' }] })
  assert.deepEqual(fields?.pair, { type: 'array', items: {}, minItems: 2, maxItems: 2 })
  assert.deepEqual(fields?.scores, { type: 'object', additionalProperties: { type: 'number' } })
  assert.deepEqual(fields?.tree, { $ref: '#/definitions/thing.defs.Node' })
  assert.deepEqual(fields?.link, { type: 'string', format: 'uri', minLength: 1, maxLength: 2048, 'x-trim': true })
})

/** A schema of a library that follows the convention, with this JSON Schema. */
function librarySchema(jsonSchema: Record<string, unknown>) {
  return {
    '~standard': {
      version: 1 as const,
      vendor: 'library',
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
    },
  }
}

test('R2.8: the schema of a library is described, with what it defines and refers to', async () => {
  const boss = { anyOf: [{ $ref: '#/$defs/person' }, { type: 'null' }] }
  const jsonSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: { person: { type: 'object', properties: { boss }, required: ['boss'] } },
    properties: {
      owner: { $ref: '#/$defs/person', description: 'Whose it is' },
      parent: { $ref: '#' },
      name: { type: ['string', 'null'], examples: ['Ada'] },
      extra: { not: { type: 'string' }, if: { type: 'string' }, else: { minimum: 1 } },
      tags: { type: 'array', contains: { const: 'x' } },
      labels: { type: 'object', propertyNames: { pattern: '^a' }, additionalProperties: { type: 'string' }, required: ['a'] },
      state: { oneOf: [{ const: 1 }, { const: 2 }] },
    },
    required: ['name', 'owner'],
    additionalProperties: false,
  }
  const description = await describe({ prepare: (service) => void service.resource('pet', { schema: librarySchema(jsonSchema) }) })
  const pet = description.definitions.pet?.properties
  assert.deepEqual(pet?.owner, { description: 'Whose it is', allOf: [{ $ref: '#/definitions/pet.defs.person' }] })
  assert.deepEqual(pet?.parent, { $ref: '#/definitions/pet' })
  assert.deepEqual(pet?.name, { type: 'string', 'x-nullable': true, example: 'Ada' })
  assert.deepEqual(pet?.extra, {})
  assert.deepEqual(pet?.tags, { type: 'array', items: {} })
  const label = { type: 'string' }
  assert.deepEqual(pet?.labels, { type: 'object', required: ['a'], properties: { a: label }, additionalProperties: label })
  assert.deepEqual(pet?.state, { type: 'number', enum: [1, 2] })
  assert.deepEqual(description.definitions['pet.defs.person']?.properties?.boss, {
    allOf: [{ $ref: '#/definitions/pet.defs.person' }],
    'x-nullable': true,
  })
})

test('R2.8: operation ids stay unique where names of resources would make the same', async () => {
  const description = await describe({
    prepare(service) {
      service.resource('sheep', { schema: {} })
      service.resource('sheeps', { schema: {} })
    },
  })
  const ids = operationsOf(description).map(({ operation }) => operation.operationId)
  assert.deepEqual(
    ids.filter((id) => id.startsWith('get_sheeps')),
    ['get_sheeps', 'get_sheepss', 'get_sheeps_2'],
  )
})

test('R2.8: an application’s own routes below the prefix are described by their schemas, others are not', async () => {
  const app = fastify()
  app.get('/elsewhere', async () => ({}))
  await app.register(cliquet, { name: 'test', version: '1.0', settings: backendSettings() })
  app.resource('bookmark', { schema: { url: Type.URL() } })
  const reported = Type.Object({ count: Type.Integer() })
  app.post(
    '/v1/reports/:year/run',
    {
      schema: {
        params: { type: 'object', properties: { year: { type: 'integer' } } },
        querystring: Type.Object({ tag: Type.Array(Type.String()), deep: Type.Optional(Type.Boolean()) }),
        body: Type.Object({ title: Type.String() }),
        response: { 200: reported },
      },
    },
    async () => ({ count: 0 }),
  )
  app.get('/v1/status', { config: { public: true, summary: 'How it goes' } }, async () => ({}))
  app.get('/v1/files/*', async () => ({}))
  await app.ready()
  const description = (await app.inject('/v1/__api__')).json<Description>()
  await app.close()
  await assertValid(description)
  assert.deepEqual(
    Object.keys(description.paths).filter((path) => !/^\/(?:__|bookmarks|batch|$)/.test(path)),
    ['/reports/{year}/run', '/status'],
  )
  const report = operationNamed(description, 'post_reports_year_run')
  assert.deepEqual(report.parameters, [
    { in: 'path', name: 'year', required: true, type: 'integer' },
    { in: 'query', name: 'tag', required: true, type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
    { in: 'query', name: 'deep', required: false, type: 'boolean' },
    { in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/post_reports_year_run.body' } },
  ])
  assert.deepEqual(report.responses['200']?.schema, { $ref: '#/definitions/post_reports_year_run.200' })
  assert.deepEqual([report.security, report.tags], [undefined, undefined])
  const status = operationNamed(description, 'get_status')
  assert.deepEqual([status.security, status.summary], [[], 'How it goes'])
})
