import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { openService, type Received } from './service-under-test.ts'

const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'
const origin = 'https://app.example'
const headers = { origin }

const prepare = (service: Service): void => {
  service.resource('book', { schema: { name: Type.String() } })
}
const { request } = await openService({ prepare })
const picky = await openService({ prepare, settings: { cors_origins: 'https://*.daybed.io https://one.example' } })

const exposed = ({ headers: sent }: Received): readonly string[] => (sent['access-control-expose-headers'] ?? '').split(', ').sort()
const common = ['Alert', 'Backoff', 'Content-Length', 'Content-Type', 'Retry-After']
const reading = [...common, 'Cache-Control', 'ETag', 'Expires', 'Last-Modified', 'Pragma']

test('R12.20 R12.21: with * any origin is allowed; without Origin there is no such header, and never credentials', async () => {
  const foreign = await request('GET', '/v1/books', { headers })
  assert.equal(foreign.headers['access-control-allow-origin'], '*')
  const own = await request('GET', '/v1/books')
  assert.equal(own.headers['access-control-allow-origin'], undefined)
  assert.equal(foreign.headers['access-control-allow-credentials'], undefined)
})

test('R12.20 R12.9: an origin that matches a pattern is echoed, and answers vary by origin', async () => {
  for (const allowed of ['https://a.daybed.io', 'https://a.b.daybed.io', 'https://one.example']) {
    const answer = await picky.request('GET', '/v1/books', { headers: { origin: allowed } })
    assert.equal(answer.headers['access-control-allow-origin'], allowed)
    assert.match(String(answer.headers.vary), /\bOrigin\b/)
    assert.match(String(answer.headers.vary), /\bAuthorization\b/)
  }
  assert.match(String((await picky.request('GET', '/v1/books')).headers.vary), /\bOrigin\b/)
})

test('R12.9: answers do not vary by origin when any is allowed', async () => {
  const answer = await request('GET', '/v1/books', { headers })
  assert.equal(answer.headers.vary, 'Authorization')
})

test('R12.22: every kind of answer may be read by an allowed origin', async () => {
  const readonly = await openService({ prepare, settings: { readonly: true } })
  const ended = await openService({ prepare, settings: { eos: '2020-01-01' } })
  const { timestamp } = await request('GET', '/v1/books')
  const cases: [number, Promise<Received>][] = [
    [200, request('GET', '/v1/books', { headers })],
    [304, request('GET', '/v1/books', { headers: { ...headers, 'if-none-match': `"${timestamp}"` } })],
    [307, request('GET', '/books', { headers })],
    [307, request('GET', '/v1/books/', { headers })],
    [307, request('GET', '/v1', { headers })],
    [400, request('GET', '/v1/books?_since=x', { headers })],
    [400, request('GET', '/v1/%FF', { headers })],
    [400, request('GET', '/v1/books?a=%FF', { headers })],
    [400, request('POST', '/v1/books', { headers, body: 'no json' })],
    [401, request('GET', '/v1/books', { headers, auth: null })],
    [404, request('GET', '/v1/none', { headers })],
    [404, request('GET', '/v9/none', { headers })],
    [404, request('GET', `/v1/books/${id}`, { headers })],
    [405, request('PUT', '/v1/books', { headers })],
    [405, readonly.request('POST', '/v1/books', { headers })],
    [406, request('GET', '/v1/books', { headers: { ...headers, accept: 'text/plain' } })],
    [410, ended.request('GET', '/v1/books', { headers })],
    [412, request('DELETE', '/v1/books', { headers: { ...headers, 'if-match': '"1"' } })],
    [413, request('POST', '/v1/books', { headers, body: { data: { name: 'x'.repeat(1_100_000) } } })],
    [415, request('POST', '/v1/books', { headers: { ...headers, 'content-type': 'text/plain' }, body: 'a' })],
  ]
  for (const [index, [status, pending]] of cases.entries()) {
    const answer = await pending
    assert.equal(answer.status, status, `case ${index}: ${answer.text}`)
    assert.equal(answer.headers['access-control-allow-origin'], '*', `case ${index}, ${status}`)
  }
})

test('R12.23: a foreign origin is refused on endpoints, and just not allowed on unknown URLs', async () => {
  for (const foreign of [
    'https://evil.example',
    'https://daybed.io',
    'https://one.example.evil',
    'http://one.example',
    'null',
    'https://oneXexample',
  ]) {
    for (const path of ['/v1/books', '/v1/', `/v1/books/${id}`]) {
      const answer = await picky.request('GET', path, { headers: { origin: foreign } })
      assert.equal(answer.status, 400, `${foreign} ${path}`)
      assert.deepEqual(answer.body.details, [{ location: 'header', name: 'Origin', description: `${foreign} not allowed` }])
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
    const unknown = await picky.request('GET', '/v1/none', { headers: { origin: foreign } })
    assert.deepEqual([unknown.status, unknown.headers['access-control-allow-origin']], [404, undefined])
  }
})

test('R12.24 R12.25: which headers scripts may read depends on the endpoint', async () => {
  const created = await request('PUT', `/v1/books/${id}`, { headers, body: { data: { name: 'a' } } })
  assert.deepEqual(exposed(created), common)
  const cases: [string, string, readonly string[]][] = [
    ['GET', `/v1/books/${id}`, reading],
    ['HEAD', `/v1/books/${id}`, reading],
    ['GET', '/v1/books', [...reading, 'Next-Page']],
    ['HEAD', '/v1/books', [...reading, 'Next-Page', 'Total-Objects', 'Total-Records']],
    ['GET', '/v1/', common],
    ['GET', '/v1/__heartbeat__', common],
    ['GET', '/v1/none', common],
    ['GET', '/books', common],
    ['POST', '/v1/books', common],
    ['DELETE', `/v1/books/${id}`, common],
  ]
  for (const [method, path, expected] of cases) {
    const answer = await request(method, path, { headers, ...(method === 'POST' ? { body: { data: { name: 'b' } } } : {}) })
    assert.deepEqual(exposed(answer), [...expected].sort(), `${method} ${path}`)
  }
})

test('R12.30: a preflight is 200 without authentication, with the methods, every header asked for and the age', async () => {
  for (const [path, methods] of [
    ['/v1/books', 'DELETE, GET, HEAD, OPTIONS, POST'],
    [`/v1/books/${id}`, 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'],
    ['/v1/', 'GET, HEAD, OPTIONS'],
  ] as const) {
    const asked = {
      ...headers,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'X-One, content-type,authorization',
    }
    const answer = await request('OPTIONS', path, { auth: null, headers: asked })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['access-control-allow-origin'], '*')
    assert.deepEqual(answer.headers['access-control-allow-methods']?.split(', ').sort().join(', '), methods)
    for (const name of ['x-one', 'content-type', 'authorization']) {
      assert.ok(answer.headers['access-control-allow-headers']?.toLowerCase().includes(name), name)
    }
    assert.equal(answer.headers['access-control-max-age'], '3600')
    assert.equal(answer.headers['access-control-expose-headers'], undefined)
    assert.ok(answer.text === '' || answer.text === 'null')
  }
})

test('R12.30: the age of preflights is a setting, and 0 leaves it out', async () => {
  const asked = { ...headers, 'access-control-request-method': 'GET' }
  const none = await openService({ settings: { cors_max_age_seconds: 0 } })
  assert.equal((await none.request('OPTIONS', '/v1/', { headers: asked })).headers['access-control-max-age'], undefined)
  const short = await openService({ settings: { cors_max_age_seconds: 7 } })
  assert.equal((await short.request('OPTIONS', '/v1/', { headers: asked })).headers['access-control-max-age'], '7')
})

test('R12.30: a method that settings disable is absent from preflights', async () => {
  const closed = await openService({ prepare, settings: { plural_book_post_enabled: false } })
  const answer = await closed.request('OPTIONS', '/v1/books', { headers: { ...headers, 'access-control-request-method': 'GET' } })
  assert.doesNotMatch(String(answer.headers['access-control-allow-methods']), /POST/)
})

test('R12.31: a preflight without its headers, or for a method the endpoint lacks, is 400', async () => {
  const asked = { 'access-control-request-method': 'GET' }
  const mandatory = (name: string): object => ({ location: 'header', name, description: `${name}: this header is mandatory` })
  const cases: [Record<string, string>, object[]][] = [
    [{}, [mandatory('Access-Control-Request-Method'), mandatory('Origin')]],
    [asked, [mandatory('Origin')]],
    [headers, [mandatory('Access-Control-Request-Method')]],
    [
      { ...headers, 'access-control-request-method': 'PUT' },
      [{ location: 'header', name: 'Access-Control-Request-Method', description: 'Access-Control-Request-Method: Method not allowed' }],
    ],
  ]
  for (const [sent, expected] of cases) {
    const answer = await request('OPTIONS', '/v1/books', { auth: null, headers: sent })
    assert.deepEqual([answer.status, answer.body.errno, answer.body.details], [400, 107, expected])
  }
  const unknown = await request('OPTIONS', '/v1/none', { auth: null, headers: { ...headers, ...asked } })
  assert.ok(unknown.status === 404 || unknown.status === 200, String(unknown.status))
})
