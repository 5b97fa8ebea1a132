import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Service, Type } from '../../src/index.ts'
import { openService, type ServiceUnderTest, usableBackends } from './service-under-test.ts'

const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'

const prepare = (service: Service): void => {
  const schema = { name: Type.Optional(Type.String()), size: Type.Optional(Type.Number()), when: Type.Optional(Type.Integer()) }
  service.resource('open', { schema, uniqueFields: ['name'], readonlyFields: ['when'] })
  service.resource('strict', { schema, preserveUnknown: false })
  service.resource('page', { shared: true, schema })
}

const endpoints = [
  '/v1/opens',
  `/v1/opens/${id}`,
  '/v1/stricts',
  `/v1/stricts/${id}`,
  '/v1/pages',
  `/v1/pages/${id}`,
  '/v1/',
  '/v1/__heartbeat__',
  '/v1/none',
  '/x',
]
const types = ['application/json', 'application/merge-patch+json', 'application/json-patch+json']
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

const key = fc.oneof(
  fc.constantFrom('name', 'size', 'when', 'id', 'last_modified', 'deleted', '__proto__', 'constructor', ''),
  fc.string({ unit: 'binary' }),
)
const { tree: value } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -1, 1.5, 2 ** 53, 1e300, id),
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}))
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'no'),
    path: fc.oneof(fc.constantFrom('/data', '/data/name', '/permissions/read/me', '/data/-', '', '/data/a/0'), fc.string()),
    from: fc.constantFrom('/data/name', '/data', '/permissions', '/data/none'),
    value,
  },
  { requiredKeys: [] },
)
const fields = fc.record(
  {
    name: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', 'b')),
    size: fc.double({ noNaN: true, noDefaultInfinity: true }),
    when: fc.integer(),
    other: value,
    a: value,
    id: fc.constant(id),
    last_modified: fc.oneof(fc.integer(), fc.constantFrom(1, 2 ** 52)),
  },
  { requiredKeys: [] },
)
const mess = fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))
const data = fc.oneof({ weight: 4, arbitrary: fields }, { weight: 1, arbitrary: mess })
const body = fc.oneof(
  { weight: 6, arbitrary: fc.record({ data }) },
  { weight: 1, arbitrary: fc.record({ data: value, permissions: value }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: value },
)

const parameter = fc.oneof(
  fc.constantFrom(
    '_since',
    '_before',
    '_to',
    '_limit',
    '_sort',
    '_fields',
    '_token',
    'id',
    'last_modified',
    'deleted',
    'name',
    'size',
    'other.a.b',
  ),
  fc
    .tuple(
      fc.constantFrom(
        'min_',
        'max_',
        'gt_',
        'lt_',
        'not_',
        'in_',
        'exclude_',
        'like_',
        'has_',
        'exists_',
        'contains_',
        'contains_any_',
        'eq_',
      ),
      fc.constantFrom('id', 'last_modified', 'name', 'size', 'a.b', ''),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary-ascii' }),
)
const argument = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.integer().map(String),
  fc.constantFrom('', '"1"', '-name', 'name,size', '[1,2]', '{}', 'null', 'true', '1e999', '*'),
)
const well = (text: string): string => encodeURIComponent(text.toWellFormed())
const query = fc.oneof(
  fc
    .array(
      fc.tuple(parameter, argument).map(([name, text]) => `${well(name)}=${well(text)}`),
      { maxLength: 3 },
    )
    .map((parts) => parts.join('&')),
  fc.string({ unit: fc.constantFrom(...'%&=+,.;_-abcABC019"\'{}[]*') }),
)
const header = fc.oneof(
  fc.constantFrom('"1"', '*', '"9999999999999"', 'W/"1"', ''),
  fc.string({ unit: fc.constantFrom(...'"*0123456789abc,;/ ') }),
)

const json = 'application/json'
const onLists = fc.tuple(
  fc.constantFrom('/v1/opens', '/v1/stricts', '/v1/pages'),
  fc.constantFrom('GET', 'HEAD', 'POST', 'POST', 'DELETE'),
  fc.constant(json),
  body,
)
const record = fc.constantFrom(`/v1/opens/${id}`, `/v1/stricts/${id}`, `/v1/pages/${id}`)
const onRecords = fc.tuple(record, fc.constantFrom('GET', 'HEAD', 'PUT', 'PUT', 'PATCH', 'DELETE'), fc.constant(json), body)
const merging = fc.tuple(record, fc.constant('PATCH'), fc.constant('application/merge-patch+json'), body)
const patching = fc.tuple(record, fc.constant('PATCH'), fc.constant('application/json-patch+json'), fc.array(operation, { maxLength: 4 }))
const anywhere = fc.tuple(fc.constantFrom(...endpoints), fc.constantFrom(...methods), fc.constantFrom(...types), body)

type Target = readonly [path: string, method: string, type: string, body: unknown]
const target: fc.Arbitrary<Target> = fc.oneof(onLists, onRecords, merging, patching, anywhere)

const request = fc.record({
  target,
  query: fc.oneof({ weight: 1, arbitrary: fc.constant('') }, { weight: 1, arbitrary: query }),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.record(
        { 'if-match': header, 'if-none-match': header, 'response-behavior': fc.constantFrom('light', 'diff', 'full', 'x') },
        { requiredKeys: [] },
      ),
    },
  ),
})

const part = target.map(([path, method, type, sent]) => ({ path, method, headers: { 'Content-Type': type }, body: sent }))
const loosePart = fc.record(
  {
    path: fc.oneof(fc.constantFrom(...endpoints, '/opens', '/batch', '/v1/batch', '/opens/', '/../x', '//'), fc.string({ unit: 'binary' })),
    method: fc.oneof(fc.constantFrom(...methods, 'TRACE', 'get'), value),
    headers: fc.oneof(fc.dictionary(fc.constantFrom('If-Match', 'if-none-match', 'content-type', 'x'), header), value),
    body: fc.oneof(body, value),
    other: value,
  },
  { requiredKeys: ['path'] },
)
const orderly = fc.record({ requests: fc.array(part, { maxLength: 4 }), defaults: fc.constant({}) })
const loose = fc.record(
  { requests: fc.array(loosePart, { maxLength: 3 }), defaults: fc.oneof(loosePart, value), other: value },
  { requiredKeys: ['requests'] },
)
const batchBody = fc.oneof(
  { weight: 4, arbitrary: orderly },
  { weight: 3, arbitrary: loose },
  { weight: 1, arbitrary: fc.record({ requests: value, defaults: value }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: value },
)

for (const backend of usableBackends) {
  const settings = { page_create_principals: 'system.Authenticated', page_read_principals: 'system.Authenticated' }
  const service: ServiceUnderTest = await openService({ backend, prepare, settings })

  test(`Random requests to every endpoint are never answered with 5xx (${backend})`, async () => {
    const property = fc.asyncProperty(request, async ({ target: [path, method, type, sent], query: asked, headers }) => {
      const text = method === 'GET' || method === 'HEAD' ? undefined : JSON.stringify(sent)
      const answer = await service.inject(method, asked === '' ? path : `${path}?${asked}`, {
        body: text,
        headers: { 'content-type': type, ...headers },
      })
      assert.ok(answer.status < 500, `${answer.status} ${answer.text}`)
      if (answer.status >= 400 && method !== 'HEAD') assert.equal(answer.body.code, answer.status)
      assert.ok(answer.text.isWellFormed())
    })
    await fc.assert(property, { numRuns: backend === 'memory' ? 600 : 200 })
  })

  test(`R11.2 R11.12: Random batches are never answered with 5xx (${backend})`, async () => {
    let executed = 0
    const property = fc.asyncProperty(batchBody, async (sent) => {
      const answer = await service.inject('POST', '/v1/batch', {
        body: JSON.stringify(sent),
        headers: { 'content-type': 'application/json' },
      })
      assert.ok(answer.status === 200 || answer.status === 400, `${answer.status} ${answer.text}`)
      if (answer.status === 200) {
        const parts = answer.body.responses as readonly { status: number }[] // R11.10
        assert.ok(parts.every(({ status }) => status >= 200 && status < 500))
        executed += parts.length
      }
    })
    const numRuns = backend === 'memory' ? 200 : 100
    await fc.assert(property, { numRuns })
    assert.ok(executed > numRuns / 10, `only ${executed} requests were executed`)
  })

  test(`After them every list can still be read, filtered and sorted (${backend})`, async () => {
    for (const path of ['/v1/opens', '/v1/stricts', '/v1/pages']) {
      for (const asked of ['', '?_since=0', '?_sort=name,-size,when', '?gt_size=0&_limit=2', '?like_name=a', '?_fields=name']) {
        assert.equal((await service.inject('GET', path + asked)).status, 200, path + asked)
      }
    }
  })
}
