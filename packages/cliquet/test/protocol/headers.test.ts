import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { createHeldClock } from '../../src/testing/index.ts'
import { openService } from './service-under-test.ts'

const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'

const prepare = (service: Service): void => {
  service.resource('book', { schema: { name: Type.String() } })
  service.resource('page', { shared: true, schema: { name: Type.String({ default: '' }) } })
}

/** One URL for each kind of answer: method, path, status. */
const kinds: readonly (readonly [string, string, number])[] = [
  ['GET', '/v1/', 200],
  ['GET', '/v1/books', 200],
  ['HEAD', '/v1/books', 200],
  ['GET', '/books', 307],
  ['GET', '/v1/books/', 307],
  ['GET', '/v1/books?_since=x', 400],
  ['GET', '/v1/%FF', 400],
  ['GET', '/v1/books?a=%FF', 400],
  ['GET', `/v1/books/${id}`, 404],
  ['GET', '/v1/none', 404],
  ['GET', '/v2/', 404],
  ['PUT', '/v1/books', 405],
  ['OPTIONS', '/books', 200],
  ['OPTIONS', '/v1/books', 400],
]

test('R12.1: every answer has the Backoff of the settings', async () => {
  const { request, raw } = await openService({ prepare, settings: { backoff: 10 } })
  for (const [method, path, status] of kinds) {
    const answer = await request(method, path)
    assert.deepEqual([answer.status, answer.headers.backoff], [status, '10'], `${method} ${path}`)
  }
  const { timestamp } = await request('GET', '/v1/books')
  const unchanged = await request('GET', '/v1/books', { headers: { 'if-none-match': `"${timestamp}"` } })
  assert.deepEqual([unchanged.status, unchanged.headers.backoff], [304, '10'])
  assert.match(await raw('GET /v1/books HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /backoff: 10/)
})

test('R12.1: Backoff is on so many per cent of the answers, and never unless set', async () => {
  const none = await openService({ prepare })
  assert.equal((await none.inject('GET', '/v1/')).headers.backoff, undefined)
  const { inject } = await openService({ settings: { backoff: 10, backoff_percentage: 50 } })
  const answers = await Promise.all(Array.from({ length: 200 }, () => inject('GET', '/v1/__lbheartbeat__')))
  const held = answers.filter(({ headers }) => headers.backoff === '10').length
  assert.ok(held > 50 && held < 150, String(held))
  const never = await openService({ settings: { backoff: 10, backoff_percentage: 0 } })
  assert.equal((await never.inject('GET', '/v1/')).headers.backoff, undefined)
})

test('R12.3: Retry-After is a whole number of seconds', async () => {
  const { request, service } = await openService({ prepare })
  service.app.storage.list = async () => {
    throw new TypeError('broken')
  }
  assert.equal((await request('GET', '/v1/books')).headers['retry-after'], '30')
})

test('R12.4 R12.6: before the end of service every answer is normal and has a soft alert in ASCII', async () => {
  const settings = { eos: '2999-01-01', eos_message: 'Bald zu Ende — schade', eos_url: 'https://docs.example/eos' }
  const { request } = await openService({ prepare, settings })
  for (const [method, path, status] of kinds) {
    const answer = await request(method, path)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.alert, '{"code":"soft-eol","message":"Bald zu Ende \\u2014 schade","url":"https://docs.example/eos"}', path)
  }
})

test('R12.6: from then on every URL is 410 with a hard alert', async () => {
  const { request } = await openService({ prepare, settings: { eos: '2020-01-01', project_docs: 'https://docs.example/' } })
  for (const [method, path] of [
    ...kinds,
    ['POST', '/v1/books'],
    ['POST', '/v1/batch'],
    ['GET', '/v1/__heartbeat__'],
    ['DELETE', '/'],
  ] as const) {
    const answer = await request(method, path)
    assert.equal(answer.status, 410, `${method} ${path}`)
    assert.equal(answer.headers.alert, '{"code":"hard-eol","message":null,"url":"https://docs.example/"}')
    if (method !== 'HEAD') assert.equal(answer.body.errno, 202)
  }
})

test('R12.6: the end is an instant, in UTC unless it has a zone', async () => {
  for (const [eos, instant] of [
    ['2026-06-01', Date.UTC(2026, 5, 1)],
    ['2026-06-01T12:00:00', Date.UTC(2026, 5, 1, 12)],
    ['2026-06-01T12:00:00+02:00', Date.UTC(2026, 5, 1, 10)],
    ['2026-06-01T12:00Z', Date.UTC(2026, 5, 1, 12)],
  ] as const) {
    const clock = createHeldClock(instant - 1)
    const { request } = await openService({ clock, settings: { eos } })
    assert.equal((await request('GET', '/v1/')).status, 200, eos)
    assert.equal((await request('GET', '/v1/')).body.eos, eos)
    clock.set(instant)
    assert.equal((await request('GET', '/v1/')).status, 410, eos)
  }
})

test('R12.5: the deprecated _to has an alert, which gives way to the end of service', async () => {
  const plain = await openService({ prepare, settings: { project_docs: 'https://docs.example/' } })
  const { headers } = await plain.request('GET', '/v1/books?_to=1')
  assert.deepEqual(JSON.parse(String(headers.alert)), {
    code: 'soft-eol',
    message: '_to is now deprecated, you should use _before instead',
    url: 'https://docs.example/',
  })
  const ending = await openService({ prepare, settings: { eos: '2999-01-01', eos_message: 'End' } })
  assert.match(String((await ending.request('GET', '/v1/books?_to=1')).headers.alert), /"message":"End"/)
})

test('R12.7: resources are not cacheable unless the setting says so and the request is anonymous', async () => {
  const clock = createHeldClock(Date.UTC(2026, 0, 1))
  const settings = { page_cache_expires_seconds: 60, page_read_principals: 'system.Everyone', book_cache_expires_seconds: 0 }
  const { request } = await openService({ prepare, settings, clock })
  const known = await request('GET', '/v1/pages')
  assert.deepEqual([known.headers['cache-control'], known.headers.expires], ['no-cache, no-store', undefined])
  for (const method of ['GET', 'HEAD']) {
    const { headers } = await request(method, '/v1/pages', { auth: null })
    assert.deepEqual([headers['cache-control'], headers.expires], ['max-age=60', 'Thu, 01 Jan 2026 00:01:00 GMT'])
  }
  assert.equal((await request('GET', '/v1/books')).headers['cache-control'], 'no-cache, no-store')
})

test('R12.8: errors and answers to writes have no caching headers', async () => {
  const { request } = await openService({ prepare, settings: { page_cache_expires_seconds: 60 } })
  const answers = [
    await request('POST', '/v1/books', { body: { data: { name: 'a' } } }),
    await request('DELETE', '/v1/books'),
    await request('GET', `/v1/books/${id}`),
    await request('GET', '/v1/pages', { auth: null }),
    await request('GET', '/v1/books?_since=x'),
    await request('GET', '/v1/none'),
    await request('PUT', '/v1/books'),
  ]
  for (const { headers, text } of answers) assert.deepEqual([headers['cache-control'], headers.expires], [undefined, undefined], text)
})

test('R12.9: resources vary by who asks', async () => {
  const { request } = await openService({ prepare })
  for (const path of ['/v1/books', `/v1/books/${id}`]) assert.match(String((await request('GET', path)).headers.vary), /\bAuthorization\b/)
})

test('R12.40 R12.41 R12.43: every answer has the security headers and its length, and none tells what made it', async () => {
  const { request } = await openService({ prepare })
  for (const [method, path, status] of kinds) {
    const { headers, text, ...answer } = await request(method, path)
    const label = `${method} ${path}`
    assert.equal(answer.status, status, label)
    assert.equal(headers['x-content-type-options'], 'nosniff', label)
    assert.equal(headers['content-security-policy']?.trim(), "default-src 'none'; frame-ancestors 'none'; base-uri 'none';", label)
    assert.deepEqual([headers.server, headers['x-powered-by']], [undefined, undefined])
    assert.equal(headers['transfer-encoding'], undefined, label)
    if (text !== '') assert.equal(headers['content-length'], String(Buffer.byteLength(text)), label)
  }
})

test('R12.40: an application’s own content security policy is kept', async () => {
  const { request } = await openService({
    prepare: ({ app }) => void app.get('/v1/page', (_, reply) => reply.header('content-security-policy', "default-src 'self'").send({})),
  })
  assert.equal((await request('GET', '/v1/page')).headers['content-security-policy'], "default-src 'self'")
})

test('R12.42: nothing a client sends makes a line of its own in the headers of an answer', async () => {
  const { raw, request } = await openService({ prepare })
  for (const target of [
    '/a%0d%0aset-cookie:x=1',
    '/v1/books/%0d%0aset-cookie:x=1/',
    '/x?a=%0d%0aset-cookie:x=1',
    '/v1/books/?a=%0d%0aset-cookie:x=1',
  ]) {
    assert.doesNotMatch(await raw(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`), /^set-cookie/im, target)
  }
  for (const host of ['a\r\nset-cookie: x=1', 'evil example', 'a/b']) {
    const text = await raw(`GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    assert.doesNotMatch(text, /^HTTP\/1.1 5/)
    assert.doesNotMatch(text, /^set-cookie/im)
  }
  assert.equal((await request('GET', '/v1/books', { headers: { origin: 'https://ünicode.example' } })).status, 200)
})
