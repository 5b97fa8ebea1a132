import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineIdGenerator, type Service, Type } from '../../src/index.ts'
import { basicAuth, openService, type Received, type Sent, type ServiceUnderTest, usableBackends } from './service-under-test.ts'

const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'

const prepare = (service: Service): void => {
  service.resource('open', {
    schema: { name: Type.Optional(Type.String()), size: Type.Optional(Type.Integer()), tags: Type.Optional(Type.Array(Type.String())) },
  })
  service.resource('strict', {
    schema: { name: Type.String(), at: Type.Optional(Type.Object({ x: Type.Number() })) },
    preserveUnknown: false,
  })
  service.resource('named', { schema: { name: Type.Optional(Type.String()) }, idGenerator: defineIdGenerator(() => 'generated') })
  service.resource('page', { shared: true, schema: {} })
}

/** What is in the collections, to see that nothing was written. */
async function contents({ request }: ServiceUnderTest): Promise<unknown> {
  const lists = await Promise.all(['opens', 'stricts', 'nameds', 'pages'].map((list) => request('GET', `/v1/${list}?_since=0`)))
  return lists.map(({ status, records, timestamp }) => [status, records, timestamp])
}

/** Runs requests after which everything must be as before: no record, no tombstone, the same timestamps. */
async function writingNothing(service: ServiceUnderTest, work: () => Promise<void>): Promise<void> {
  const before = await contents(service)
  await work()
  assert.deepEqual(await contents(service), before)
}

/** Asserts that a request is refused in the format of R3.5. */
async function refused(
  service: ServiceUnderTest,
  [method, path, sent]: readonly [string, string, Sent],
  expected: readonly (number | string | null)[],
): Promise<Received> {
  const answer = await service.request(method, path, sent)
  const label = `${method} ${path.slice(0, 100)} ${JSON.stringify(sent).slice(0, 200)}: ${answer.status} ${answer.text.slice(0, 300)}`
  assert.equal(answer.status, expected[0], label)
  assert.deepEqual([answer.body.code, answer.headers['content-type']], [answer.status, 'application/json'], label)
  if (expected.length > 1) {
    assert.deepEqual([answer.body.errno, answer.body.error], [107, 'Invalid parameters'], label)
    const { details } = answer.body
    assert.ok(Array.isArray(details), label)
    assert.deepEqual([details[0].location, details[0].name], expected.slice(1), label)
    assert.equal(typeof details[0].description, 'string')
  }
  assert.ok(answer.text.isWellFormed() && answer.text.length < 20_000, label.slice(0, 400))
  return answer
}

const nested = (depth: number, [opening, closing]: readonly [string, string]): string => `${opening.repeat(depth)}${closing.repeat(depth)}`
const deep = (depth: number): readonly string[] => [nested(depth, ['[', ']']), `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`]

for (const backend of usableBackends) {
  const service = await openService({ prepare, backend, settings: { page_create_principals: 'system.Everyone' } })

  test(`Bad bodies are refused with their place named and nothing is written (${backend})`, () =>
    writingNothing(service, async () => {
      const bodies: [unknown, string | null][] = [
        [{ data: { name: 42 } }, 'data.name'],
        [{ data: { name: ['a'] } }, 'data.name'],
        [{ data: { name: { a: 1 } } }, 'data.name'],
        [{ data: { size: 'abc' } }, 'data.size'],
        [{ data: { tags: 'abc' } }, 'data.tags'],
        [{ data: { tags: ['a', 1] } }, 'data.tags.1'],
        [{ data: 'abc' }, 'data'],
        [{ data: null }, 'data'],
        [{ data: [] }, 'data'],
        [[], ''],
        [[{ data: {} }], ''],
        [{ data: {}, permissions: {} }, ''],
        [{ data: {}, foo: 1 }, ''],
        ['{"data": {}, "__proto__": {"a": 1}}', ''],
        ['{"data": {}, "constructor": {"a": 1}}', ''],
        ['{"__proto__": {"data": {}}}', ''],
        ['{"data": {"name": "a\\u0000b"}}', 'data.name'],
        ['{"data": {"name": "a\\ud800b"}}', 'data.name'],
        ['{"data": {"other": {"list": ["ok", "\\udc00"]}}}', 'data.other.list.1'],
        ['{"data": {"a\\u0000": 1}}', 'data.a\u0000'],
        ['{"data": {"a\\ud800": 1}}', 'data.a\ufffd'],
        ['{"data": {"x": {"\\udfff": 1}}}', 'data.x.\ufffd'],
        ['{"data": {}, "\\ud800": 1}', ''],
        ['{"data": {"name": 1e999}}', ''],
        ['{"data": {"last_modified": 9007199254740993}}', 'data.last_modified'],
        ['{"data": {"last_modified": 1e300}}', 'data.last_modified'],
        ['', 'data'],
      ]
      for (const [body, name] of bodies) {
        const path = body === '' ? '/v1/stricts' : '/v1/opens'
        await refused(service, ['POST', path, { body }], [400, 'body', name])
        await refused(service, ['PUT', `${path}/${id}`, { body }], [400, 'body', name])
      }
    }))

  test(`Deep nesting is refused, nothing is written and nothing breaks (${backend})`, async () => {
    await writingNothing(service, async () => {
      for (const text of [...deep(101), ...deep(1000), ...deep(100_000)]) {
        await refused(service, ['POST', '/v1/opens', { body: `{"data": {"other": ${text}}}` }], [400, 'body', 'data'])
        await refused(service, ['PUT', `/v1/opens/${id}`, { body: `{"data": {"other": ${text}}}` }], [400, 'body', 'data'])
        await refused(service, ['POST', '/v1/opens', { body: `{"data": {"name": ${text}}}` }], [400])
        await refused(service, ['POST', '/v1/stricts', { body: `{"data": {"name": "a", "at": ${text}}}` }], [400])
        await refused(service, ['POST', '/v1/opens', { body: `{"data": ${text.replace(/^\{/, '{"x":[],')}}` }], [400])
        await refused(service, ['POST', '/v1/opens', { body: text }], [400])
        await refused(service, ['POST', '/v1/pages', { body: `{"data": {}, "permissions": ${text}}` }], [400])
        await refused(service, ['POST', '/v1/pages', { body: `{"data": {}, "permissions": {"read": [${text}]}}` }], [400])
      }
    })
    for (const type of ['application/json', 'application/merge-patch+json', 'application/json-patch+json']) {
      const { record } = await service.request('PUT', `/v1/opens/${id}`, { body: { data: {} } })
      for (const text of [...deep(101), ...deep(100_000)]) {
        const isPatch = type === 'application/json-patch+json'
        const body = isPatch ? `[{"op": "add", "path": "/data/other", "value": ${text}}]` : `{"data": {"other": ${text}}}`
        const answer = await service.request('PATCH', `/v1/opens/${record.id}`, { body, headers: { 'content-type': type } })
        assert.deepEqual([answer.status, answer.body.errno], [400, 107], `${type} ${text.length}`)
      }
      await service.request('DELETE', '/v1/opens')
    }
  })

  test(`Keys that mean something to JavaScript are ordinary fields (${backend})`, async () => {
    const body = '{"data": {"__proto__": {"admin": true}, "constructor": {"prototype": {"x": 1}}, "toString": "a", "hasOwnProperty": 1}}'
    const created = await service.request('POST', '/v1/opens', { body })
    assert.equal(created.status, 201)
    const got = await service.request('GET', `/v1/opens/${created.record.id}`)
    assert.ok(got.text.includes('"__proto__":{"admin":true}') && got.text.includes('"constructor":{"prototype":{"x":1}}'), got.text)
    assert.equal(Object.hasOwn(Object.prototype, 'admin'), false)
    assert.equal((await service.request('GET', '/v1/opens?hasOwnProperty=1&_sort=toString&_fields=__proto__,constructor')).status, 200)
    for (const type of ['application/json', 'application/merge-patch+json']) {
      const sent = {
        body: '{"data": {"__proto__": {"admin": 2}, "constructor": {"prototype": {"y": 1}}}}',
        headers: { 'content-type': type },
      }
      const patched = await service.request('PATCH', `/v1/opens/${created.record.id}`, sent)
      assert.equal(patched.status, 200)
      assert.ok(patched.text.includes('"__proto__":{"admin":2}'), patched.text)
    }
    for (const path of [
      '/data/__proto__/polluted',
      '/data/constructor/prototype/polluted',
      '/__proto__/polluted',
      '/permissions/__proto__/a',
    ]) {
      const sent = { body: [{ op: 'add', path, value: 1 }], headers: { 'content-type': 'application/json-patch+json' } }
      const answer = await service.request('PATCH', `/v1/opens/${created.record.id}`, sent)
      assert.ok(answer.status === 200 || answer.status === 400, `${path} ${answer.text}`)
      assert.equal(Reflect.get({}, 'polluted'), undefined)
    }
    const strict = await service.request('POST', '/v1/stricts', {
      body: '{"data": {"name": "a", "__proto__": {"b": 1}, "constructor": 2}}',
    })
    assert.deepEqual([strict.status, Object.keys(strict.record).sort()], [201, ['id', 'last_modified', 'name']])
    await service.request('DELETE', '/v1/opens')
    await service.request('DELETE', '/v1/stricts')
  })

  test(`Bad ids are refused and nothing is written (${backend})`, () =>
    writingNothing(service, async () => {
      const long = 'a'.repeat(1900)
      for (const bad of [
        'abc',
        id.toUpperCase(),
        `${id}x`,
        `${id}%0A`,
        `%20${id}`,
        '%00',
        '%F0%9F%98%80',
        '..%2f..',
        '__proto__',
        'constructor',
        '*',
        '%25',
        long,
      ]) {
        for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']) {
          const sent = method === 'PUT' || method === 'PATCH' ? { body: { data: {} } } : {}
          if (method === 'HEAD') assert.equal((await service.request(method, `/v1/opens/${bad}`)).status, 400, bad)
          else await refused(service, [method, `/v1/opens/${bad}`, sent], [400, 'path', null])
        }
      }
      for (const bad of [1, null, true, {}, [], ['a'], '', 'abc', `${id}\n`, 'a\u0000', '\ud800', '__proto__', 'x'.repeat(100_000)]) {
        await refused(service, ['POST', '/v1/opens', { body: { data: { id: bad } } }], [400])
        await refused(service, ['PUT', `/v1/opens/${id}`, { body: { data: { id: bad } } }], [400])
      }
      for (const bad of ['-a', 'a b', 'a\n', 'é', 'a/b', '']) {
        await refused(service, ['POST', '/v1/nameds', { body: { data: { id: bad } } }], [400])
      }
    }))

  test(`R5.12: an id that is too long for the URL of its record is refused (${backend})`, () =>
    writingNothing(service, async () => {
      for (const length of [2001, 5000, 100_000]) {
        await refused(service, ['POST', '/v1/nameds', { body: { data: { id: 'a'.repeat(length) } } }], [400, 'path', null])
      }
    }))

  test(`Bad values in the query string are refused and nothing is written (${backend})`, () =>
    writingNothing(service, async () => {
      const queries: [string, string | null][] = [
        ['_since=abc', '_since'],
        ['_since=1.5', '_since'],
        ['_since=-1', '_since'],
        ['_since="', '_since'],
        ['_before=%00', '_before'],
        ['_since=99999999999999999999999999', '_since'],
        ['_limit=abc', '_limit'],
        ['_limit=-5', '_limit'],
        ['_limit=1e3', '_limit'],
        ['_limit=%F0%9F%98%80', '_limit'],
        ['last_modified=abc', 'last_modified'],
        ['in_last_modified=1,b', 'in_last_modified'],
        ['min_last_modified=b', 'min_last_modified'],
        ['name=%00', 'name'],
        ['in_name=a,%00', 'in_name'],
        ['_token=abc', null],
        ['_token=%00', null],
        ['_token=bnVsbA', null],
        ['_token=W10', null],
        ['_token=eyJfX3Byb3RvX18iOiB7fX0', null],
      ]
      for (const [query, name] of queries) {
        await refused(service, ['GET', `/v1/opens?${query}`, {}], [400, 'querystring', name])
        await refused(service, ['DELETE', `/v1/opens?${query}`, {}], [400, 'querystring', name])
      }
      for (const query of [
        '_sort=',
        '_sort=,',
        '_fields=',
        'a=1&a=2',
        '&&&',
        '=',
        '?',
        '%',
        '%zz=%',
        '_unknown=1',
        '_since=',
        'exists_name=maybe',
      ]) {
        const { status, text } = await service.request('GET', `/v1/opens?${query}`)
        assert.ok(status === 200 || status === 400, `${query}: ${text}`)
      }
    }))

  test(`Bad headers are refused and nothing is written (${backend})`, () =>
    writingNothing(service, async () => {
      for (const value of ['abc', '1', '"abc"', 'W/"1"', '"1", "2"', '"*"', '*abc', '"-1"', '"1.5"', '""']) {
        for (const name of ['If-Match', 'If-None-Match']) {
          const headers = { [name]: value }
          await refused(service, ['GET', '/v1/opens', { headers }], [400, 'header', name])
          await refused(service, ['DELETE', '/v1/opens', { headers }], [400, 'header', name])
          await refused(service, ['PUT', `/v1/opens/${id}`, { headers, body: { data: {} } }], [400, 'header', name])
          await refused(service, ['POST', '/v1/opens', { headers, body: { data: {} } }], [400, 'header', name])
        }
      }
    }))
}

test('Raw requests that are no HTTP are closed or refused, and the service goes on', async () => {
  const { raw, request } = await openService({ prepare })
  const auth = `Host: a\r\nAuthorization: ${basicAuth('mat:secret')}`
  const requests: (string | Buffer)[] = [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'FLY /v1/opens HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET /v1/opens HTTP/1.1\r\n\r\n',
    `GET /v1/opens HTTP/1.1\r\n${auth}\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    `GET /v1/opens?${'x'.repeat(100_000)} HTTP/1.1\r\n${auth}\r\n\r\n`,
    `GET /v1/opens HTTP/1.1\r\n${auth}\r\n${Array.from({ length: 3000 }, (_, i) => `x${i}: 1\r\n`).join('')}\r\n`,
    `POST /v1/opens HTTP/1.1\r\n${auth}\r\nContent-Length: abc\r\n\r\n`,
    `POST /v1/opens HTTP/1.1\r\n${auth}\r\nContent-Length: -1\r\n\r\n`,
    `POST /v1/opens HTTP/1.1\r\n${auth}\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST /v1/opens HTTP/1.1\r\n${auth}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`,
    `POST /v1/opens HTTP/1.1\r\n${auth}\r\nContent-Length: 99999999999999999999\r\n\r\n`,
    Buffer.from(`GET /v1/opens HTTP/1.1\r\n${auth}\r\nIf-Match: \xff\xfe\r\n\r\n`, 'latin1'),
    Buffer.from(`GET /v1/opens HTTP/1.1\r\n${auth}\r\nAccept: \xff\x80\r\n\r\n`, 'latin1'),
    Buffer.from(`POST /v1/opens HTTP/1.1\r\n${auth}\r\nContent-Type: \xff\xfe\r\nContent-Length: 2\r\n\r\n{}`, 'latin1'),
    Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5]),
  ]
  const answers = await Promise.all(requests.map((bytes) => raw(bytes)))
  for (const [index, text] of answers.entries()) assert.doesNotMatch(text, /^HTTP\/1.1 5/, String(index))
  assert.equal((await request('GET', '/v1/opens')).status, 200)
})
