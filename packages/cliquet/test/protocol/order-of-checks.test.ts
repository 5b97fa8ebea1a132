import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../src/index.ts'
import { openService, type Sent, type ServiceUnderTest } from './service-under-test.ts'

const id = '5a0e3a3e-7c50-4d0a-9f6e-0c1f6a3c1111'
const missing = id.replace('5', '6')

const prepare = (service: Service): void => {
  service.resource('book', {
    schema: { name: Type.String(), age: Type.Optional(Type.Integer()) },
    readonlyFields: ['age'],
    uniqueFields: ['name'],
  })
  service.resource('page', { shared: true, schema: { name: Type.String() } })
}

const open = await openService({ prepare })
const readonly = await openService({ prepare, settings: { readonly: true } })
const ended = await openService({ prepare, settings: { readonly: true, eos: '2020-01-01' } })

/** A request that violates two rules, and the status and errno of the one that decides. */
type Case = readonly [why: string, service: ServiceUnderTest, method: string, path: string, sent: Sent, status: number, errno: number]

const text = { 'content-type': 'text/plain' }
const picky = { accept: 'text/plain' }
const stale = { 'if-match': '"1"' }
const none = { 'if-none-match': '*' }
const anonymous = null

const cases: readonly Case[] = [
  ['1 before 2: ended, undecodable path', ended, 'GET', '/v1/%FF', {}, 410, 202],
  ['1 before 2: ended, undecodable query', ended, 'GET', '/v1/books?a=%FF', {}, 410, 202],
  ['1 before 3: ended, readonly', ended, 'POST', '/v1/books', {}, 410, 202],
  ['1 before 4: ended, redirection', ended, 'GET', '/books', {}, 410, 202],
  ['2 before 3: undecodable path, readonly', readonly, 'POST', '/v1/%FF', {}, 400, 107],
  ['2 before 3: undecodable query, readonly', readonly, 'POST', '/v1/books?a=%FF', {}, 400, 107],
  ['2 before 4: undecodable query, unknown path', open, 'GET', '/v1/none?a=%FF', {}, 400, 107],
  ['2 before 4: undecodable query, redirection', open, 'GET', '/books?a=%FF', {}, 400, 107],
  ['3 before 4: readonly, redirection', readonly, 'POST', '/books', {}, 405, 115],
  ['3 before 4: readonly, unknown path', readonly, 'DELETE', '/v1/none', {}, 405, 115],
  ['3 before 4: readonly, unknown version', readonly, 'PUT', '/v9/', {}, 405, 115],
  ['3 before 7: readonly, wrong type', readonly, 'POST', '/v1/books', { headers: text, body: 'a' }, 405, 115],
  ['4 before 5: redirection of any method', open, 'PUT', '/books', {}, 307, 0],
  ['4 before 6: unknown path, Accept', open, 'GET', '/v1/none', { headers: picky }, 404, 111],
  ['4 before 7: unknown path, Content-Type', open, 'POST', '/v1/none', { headers: text, body: 'a' }, 404, 111],
  ['4 before 9: unknown path, no JSON', open, 'POST', '/v1/none', { body: '{' }, 404, 111],
  ['4 before 413: unknown path, long body', open, 'POST', '/v1/none', { body: 'x'.repeat(1_100_000) }, 404, 111],
  ['5 before 6: method, Accept', open, 'PUT', '/v1/books', { headers: picky }, 405, 115],
  ['5 before 7: method, Content-Type', open, 'PUT', '/v1/books', { headers: text, body: 'a' }, 405, 115],
  ['5 before 8: method, anonymous', open, 'PATCH', '/v1/books', { auth: anonymous }, 405, 115],
  ['5 before 9: method, no JSON', open, 'PATCH', '/v1/books', { body: '{' }, 405, 115],
  ['6 before 7: Accept, Content-Type', open, 'POST', '/v1/books', { headers: { ...text, ...picky }, body: 'a' }, 406, 107],
  ['6 before 8: Accept, anonymous', open, 'GET', '/v1/books', { headers: picky, auth: anonymous }, 406, 107],
  ['7 before 8: Content-Type, anonymous', open, 'POST', '/v1/books', { headers: text, auth: anonymous, body: 'a' }, 415, 107],
  ['7 before 8: Content-Type, not permitted', open, 'PUT', `/v1/pages/${id}`, { headers: text, body: 'a' }, 415, 107],
  ['8 before 9: anonymous, no JSON', open, 'POST', '/v1/books', { auth: anonymous, body: '{' }, 401, 104],
  ['8 before 9: anonymous, bad body', open, 'PUT', `/v1/books/${id}`, { auth: anonymous, body: { foo: 1 } }, 401, 104],
  ['8 before 9: anonymous, bad header', open, 'GET', '/v1/books', { auth: anonymous, headers: { 'if-match': 'x' } }, 401, 104],
  ['8 before 9: anonymous, bad query', open, 'GET', '/v1/books?_since=x', { auth: anonymous }, 401, 104],
  ['8 before 9: not permitted, no JSON', open, 'POST', '/v1/pages', { body: '{' }, 403, 121],
  ['8 before 9: not permitted, bad body', open, 'PUT', `/v1/pages/${id}`, { body: { data: {} } }, 403, 121],
  ['8 before 9: not permitted, bad query', open, 'GET', '/v1/pages?_since=x', {}, 403, 121],
  ['8 before 9: not permitted, bad header', open, 'DELETE', '/v1/pages', { headers: { 'if-match': 'x' } }, 403, 121],
  ['8 before 10: anonymous, bad id', open, 'GET', '/v1/books/bad', { auth: anonymous }, 401, 104],
  ['8 before 11: anonymous, missing', open, 'GET', `/v1/books/${missing}`, { auth: anonymous }, 401, 104],
  ['9 before 10: bad header, bad id', open, 'GET', '/v1/books/bad', { headers: { 'if-match': 'x' } }, 400, 107],
  ['9 before 11: bad header, missing', open, 'GET', `/v1/books/${missing}`, { headers: { 'if-match': 'x' } }, 400, 107],
  ['9 before 11: bad body, missing', open, 'PATCH', `/v1/books/${missing}`, { body: { foo: 1 } }, 400, 107],
  ['9 before 11: no JSON, missing', open, 'DELETE', `/v1/books/${missing}`, { body: '{' }, 400, 107],
  ['9 before 13: bad body, stale', open, 'PUT', `/v1/books/${id}`, { headers: stale, body: { data: {} } }, 400, 107],
  ['9 before 13: bad query, stale', open, 'GET', '/v1/books?_since=x', { headers: stale }, 400, 107],
  ['10 before 11 and 13: bad id, stale', open, 'DELETE', '/v1/books/bad', { headers: stale }, 400, 107],
  [
    '10 before 13: bad id in the body, stale',
    open,
    'POST',
    '/v1/books',
    { headers: stale, body: { data: { id: 'bad', name: 'x' } } },
    400,
    107,
  ],
  ['11 before 13: missing, stale', open, 'GET', `/v1/books/${missing}`, { headers: stale }, 404, 110],
  ['11 before 13: missing, stale', open, 'DELETE', `/v1/books/${missing}`, { headers: stale }, 404, 110],
  ['11 before 14: missing, read-only field', open, 'PATCH', `/v1/books/${missing}`, { body: { data: { age: 5 } } }, 404, 110],
  ['11 before 14: missing, bad _fields', open, 'GET', `/v1/books/${missing}?_fields=`, {}, 404, 110],
  ['13 before 14: stale, unknown sort', open, 'GET', '/v1/books?_sort=-%00', { headers: stale }, 412, 114],
  ['13 before 14: stale, bad token', open, 'GET', '/v1/books?_token=abc', { headers: stale }, 412, 114],
  ['13 before 14: stale, bad token', open, 'DELETE', '/v1/books?_token=abc', { headers: stale }, 412, 114],
  [
    '13 before 14: stale, id mismatch',
    open,
    'PUT',
    `/v1/books/${id}`,
    { headers: stale, body: { data: { id: missing, name: 'x' } } },
    412,
    114,
  ],
  [
    '13 before 14: exists, read-only field',
    open,
    'PUT',
    `/v1/books/${id}`,
    { headers: none, body: { data: { name: 'a', age: 9 } } },
    412,
    114,
  ],
  ['13 before 14: stale, read-only field', open, 'PATCH', `/v1/books/${id}`, { headers: stale, body: { data: { age: 9 } } }, 412, 114],
  ['13 before 15: stale, conflict', open, 'PUT', `/v1/books/${id}`, { headers: stale, body: { data: { name: 'taken' } } }, 412, 114],
  ['14 before 15: read-only field, conflict', open, 'PUT', `/v1/books/${id}`, { body: { data: { name: 'taken', age: 9 } } }, 400, 107],
  ['15 alone: conflict', open, 'PUT', `/v1/books/${id}`, { body: { data: { name: 'taken' } } }, 409, 122],
]

await open.request('PUT', `/v1/books/${id}`, { body: { data: { name: 'a', age: 1 } } })
await open.request('POST', '/v1/books', { body: { data: { name: 'taken' } } })
const before = await open.request('GET', '/v1/books')

for (const [why, { request }, method, path, sent, status, errno] of cases) {
  test(`R3.21: of two violated rules the earlier decides: ${why} (${method})`, async () => {
    const answer = await request(method, path, sent)
    assert.equal(answer.status, status, answer.text)
    if (errno > 0) assert.equal(answer.body.errno, errno)
  })
}

test('R3.21: 304 is decided before 412 and 400 of the filters, after all else', async () => {
  const unchanged = { 'if-none-match': `"${before.timestamp}"` }
  const { request } = open
  assert.equal((await request('GET', '/v1/books?_token=abc', { headers: unchanged })).status, 304)
  assert.equal((await request('GET', '/v1/books', { headers: { ...unchanged, ...stale } })).status, 304)
  assert.equal((await request('GET', '/v1/books?_since=x', { headers: unchanged })).status, 400)
  assert.equal((await request('GET', '/v1/books', { headers: unchanged, auth: anonymous })).status, 401)
})

test('R3.21: no refused request has written anything', async () => {
  const after = await open.request('GET', '/v1/books')
  assert.deepEqual([after.records, after.timestamp], [before.records, before.timestamp])
})

test('R5.4: with readonly every method but GET, HEAD and OPTIONS is 405 on every URL, and reading works', async () => {
  for (const path of ['/v1/', '/v1/books', `/v1/books/${id}`, '/v1/batch', '/v1/__flush__', '/books', '/v1/none', '/v3/']) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const answer = await readonly.request(method, path, { auth: null })
      assert.deepEqual([answer.status, answer.body.errno], [405, 115], `${method} ${path}`)
    }
  }
  const list = await readonly.request('GET', '/v1/books')
  assert.equal(list.status, 200)
  assert.ok(Math.abs(list.timestamp - Date.now()) < 10_000, 'R6.1: the first read has a current timestamp')
  assert.equal((await readonly.request('HEAD', '/v1/books')).status, 200)
  const preflight = { origin: 'https://a.example', 'access-control-request-method': 'GET' }
  assert.equal((await readonly.request('OPTIONS', '/v1/books', { headers: preflight })).status, 200)
})
