/**
 * Where the defects of earlier servers that concern resources are tested: each line is a defect that was seen elsewhere, and the tests that
 * keep it away from here.
 *
 * | defect | rule | tests |
 * |---|---|---|
 * | timestamps not in the order of commits | R9.4 | `polling` (writers and pollers) |
 * | changes made while paging are lost | R8.12, R9.11 | `polling` |
 * | paged DELETE with `_sort` deletes the first page only | R8.11 | `delete` |
 * | check and write of a precondition apart | R6.10 | `concurrency` |
 * | a list's DELETE with `_limit` takes the permissions of all | R5.30, R10.16 | `sharing` |
 * | purging moves the collection timestamp | R9.9 | `polling` |
 * | a record imported in the past | R5.40, R5.41 | `timestamps` |
 * | two records with one chosen timestamp | R5.42 | `timestamps` |
 * | 500 for `If-None-Match: *abc` | R6.3 | `preconditions` |
 * | 500 for `DELETE ?last_modified=abc` | R5.31 | `delete` |
 * | 500 for a merge patch of an object onto a scalar | R5.24 | `patch` |
 * | 500 for `light` and a removed field | R5.28 | `response-behavior` |
 * | 500 for `remove /data`, and for a media type with parameters | R5.26, R0.5 | `json-patch` |
 * | 500 for `like_` and an absent field or special characters | R7.8 | `lists` |
 * | `has_` forgets the filters before it | R7.1 | `lists` |
 * | `contains_` matches text and keys | R7.2 | `lists` |
 * | quoted timestamps in filters | R7.10 | `lists` |
 * | `last_modified: true`, negative or 0 stored | R5.38 | `timestamps` |
 * | missing `data` skips the defaults | R5.7 | `bodies` |
 * | PUT overwrites read-only fields | R5.35 | `schema` |
 * | JSON Patch of permissions | R5.27 | `json-patch` |
 * | `_fields` ignores dotted names, hides `deleted` | R8.14 | `fields` |
 * | `deleted: true` on a live record | R5.36 | `schema` |
 * | fields with `-` or named `in_…` | R7.2 | `lists` |
 * | ids with a newline at the end | R5.11 | `ids` |
 * | a 412 shows a record to who may not read it | R6.9 | `sharing` |
 * | a GET on a list shows records of another parent on the second page | R8.8 | `lists` |
 * | POST with a used id shows a record to who may not read it | R10.5 | `permissions` |
 * | deleting `a_b` takes the permissions of `aXb` | R10.16 | `ids` |
 * | shared lists show no tombstones, and their ETag moves with what the caller cannot see (a limit that stays) | R10.8, R10.9 | `sharing` |
 * | every PATCH gives a new timestamp | R5.22 | `patch` |
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError, type Service, Type } from '../../../src/index.ts'
import { openService } from '../../protocol/service-under-test.ts'
import { scenarios, uuid, values } from './scenario.ts'

const title = { title: Type.Optional(Type.String()) }

function prepare(service: Service): void {
  service
    .resource('article', { schema: title })
    .resource('log', { schema: title, recordPath: null, collectionMethods: ['GET', 'POST'] })
    .resource('receipt', { schema: title, collectionMethods: ['POST'], recordMethods: ['GET'] })
    .resource('mail', { schema: title, collectionPath: '/user/mails', recordPath: '/mail/{id}/content' })
    .resource('book', {
      schema: title,
      collectionPath: '/libraries/{lib}/books',
      parentId: ({ request }) => (request.params as { lib: string }).lib, // the path has that parameter
    })
    .resource('switched', { schema: title })
    .resource('cut', { schema: title })
}

const settings = {
  plural_switched_delete_enabled: 'false',
  object_switched_patch_enabled: false,
  collection_cut_get_enabled: 'false',
  record_cut_put_enabled: 'false',
}

const scenario = await scenarios({ prepare, settings })

const listMethods = 'DELETE, GET, HEAD, OPTIONS, POST'
const recordMethods = 'DELETE, GET, HEAD, OPTIONS, PATCH, PUT'
const sorted = (allow: string | undefined): string => (allow ?? '').split(', ').toSorted().join(', ')

scenario('R5.1: a list has GET, HEAD, POST and DELETE, a record GET, HEAD, PUT, PATCH and DELETE', async ({ request }) => {
  const path = `/v1/articles/${uuid(1)}`
  const statuses: number[] = []
  for (const [method, url, body] of [
    ['PUT', path, {}],
    ['PUT', path, {}],
    ['GET', path, undefined],
    ['HEAD', path, undefined],
    ['PATCH', path, { data: {} }],
    ['POST', '/v1/articles', {}],
    ['GET', '/v1/articles', undefined],
    ['HEAD', '/v1/articles', undefined],
    ['DELETE', path, undefined],
    ['DELETE', '/v1/articles', undefined],
  ] as const) {
    statuses.push((await request(method, url, { body })).status)
  }
  assert.deepEqual(statuses, [201, 200, 200, 200, 200, 201, 200, 200, 200, 200])
})

scenario('R5.1: any other method is 405, and Allow names those there are', async ({ request }) => {
  for (const [method, path, allowed] of [
    ['PUT', '/v1/articles', listMethods],
    ['PATCH', '/v1/articles', listMethods],
    ['POST', `/v1/articles/${uuid(1)}`, recordMethods],
  ] as const) {
    const answer = await request(method, path, { body: {} })
    assert.deepEqual([answer.status, answer.body.errno], [405, 115])
    assert.equal(sorted(answer.headers.allow), allowed)
  }
})

scenario('R5.1 R3.12: GET, HEAD, PATCH and DELETE of a record that is not there are 404 with its id', async ({ request }) => {
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const answer = await request(method, `/v1/articles/${uuid(1)}`, method === 'PATCH' ? { body: { data: {} } } : {})
    assert.deepEqual([answer.status, answer.body.errno], [404, 110])
    assert.deepEqual(answer.body.details, { id: uuid(1), resource_name: 'article' })
    assert.equal(answer.body.message, undefined)
  }
  const head = await request('HEAD', `/v1/articles/${uuid(1)}`)
  assert.deepEqual([head.status, head.text], [404, ''])
})

scenario('R5.2: HEAD has the status and headers of GET and no body', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: { data: { title: 'A' } } })
  for (const path of ['/v1/articles', `/v1/articles/${uuid(1)}`]) {
    const got = await request('GET', path)
    const head = await request('HEAD', path)
    assert.deepEqual([head.status, head.text], [200, ''])
    for (const name of ['etag', 'last-modified', 'content-type', 'cache-control']) assert.equal(head.headers[name], got.headers[name], name)
  }
})

scenario('R5.3: a resource without record path has a list only', async ({ request }) => {
  assert.equal((await request('POST', '/v1/logs', { body: {} })).status, 201)
  assert.equal((await request('GET', '/v1/logs')).records.length, 1)
  const answer = await request('GET', `/v1/logs/${uuid(1)}`)
  assert.deepEqual([answer.status, answer.body.errno], [404, 111])
  const refused = await request('DELETE', '/v1/logs')
  assert.equal(refused.status, 405)
  assert.equal(sorted(refused.headers.allow), 'GET, HEAD, OPTIONS, POST')
})

scenario('R5.3: a resource can limit its methods in code, on lists and on records', async ({ request }) => {
  const created = await request('POST', '/v1/receipts', { body: {} })
  assert.equal(created.status, 201)
  assert.equal((await request('GET', '/v1/receipts')).status, 405)
  assert.equal((await request('HEAD', '/v1/receipts')).status, 405)
  assert.equal((await request('GET', `/v1/receipts/${created.record.id}`)).status, 200)
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    assert.equal((await request(method, `/v1/receipts/${created.record.id}`, { body: {} })).status, 405)
  }
})

scenario('R5.3: settings switch a method off under each of their two names, in preflights too', async ({ request }) => {
  for (const [method, path, missing] of [
    ['DELETE', '/v1/switcheds', 'DELETE'],
    ['PATCH', `/v1/switcheds/${uuid(1)}`, 'PATCH'],
    ['GET', '/v1/cuts', 'GET'],
    ['PUT', `/v1/cuts/${uuid(1)}`, 'PUT'],
  ] as const) {
    const answer = await request(method, path, method === 'GET' ? {} : { body: {} })
    assert.equal(answer.status, 405, `${method} ${path}`)
    assert.ok(!answer.headers.allow?.split(', ').includes(missing))
    const headers = { origin: 'http://a.example', 'access-control-request-method': missing }
    const preflight = await request('OPTIONS', path, { headers, auth: null })
    assert.ok(!preflight.headers['access-control-allow-methods']?.split(/, ?/).includes(missing), `preflight ${path}`)
  }
  assert.equal((await request('GET', '/v1/switcheds')).status, 200)
  assert.equal((await request('PUT', `/v1/switcheds/${uuid(1)}`, { body: {} })).status, 201)
})

scenario('R5.3: own paths are served, with the id anywhere in them', async ({ request }) => {
  const created = await request('POST', '/v1/user/mails', { body: { data: { title: 'Hello' } } })
  assert.equal(created.status, 201)
  assert.equal((await request('GET', `/v1/mail/${created.record.id}/content`)).record.title, 'Hello')
  assert.equal((await request('GET', '/v1/mails')).status, 404)
  assert.equal((await request('GET', `/v1/user/mails/${created.record.id}`)).status, 404)
})

scenario('R9.1 R9.3: a path parameter can make the parent: ids, lists and timestamps are each parent’s own', async ({ request, word }) => {
  const [one, two] = [`/v1/libraries/${word}a/books`, `/v1/libraries/${word}b/books`]
  await request('PUT', `${one}/${uuid(1)}`, { body: { data: { title: 'one' } } })
  const before = await request('GET', two)
  await request('PUT', `${one}/${uuid(2)}`, { body: { data: { title: 'more' } } })
  assert.equal((await request('GET', two)).headers.etag, before.headers.etag)
  assert.equal((await request('PUT', `${two}/${uuid(1)}`, { body: { data: { title: 'two' } } })).status, 201)
  assert.equal((await request('GET', `${one}/${uuid(1)}`)).record.title, 'one')
  assert.deepEqual(values(await request('GET', two), 'title'), ['two'])
})

test('R5.4: in read-only mode every method but GET, HEAD and OPTIONS is 405 on every URL', async () => {
  const { request } = await openService({ prepare, settings: { readonly: 'true' } })
  const paths = ['/v1/articles', `/v1/articles/${uuid(1)}`, '/v1/batch', '/v1/', '/v1/nothing', '/articles']
  for (const path of paths) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await request(method, path, { body: {}, auth: null })
      assert.deepEqual([answer.status, answer.body.errno], [405, 115], `${method} ${path}`)
    }
  }
  const headers = { origin: 'http://a.example', 'access-control-request-method': 'GET' }
  for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal((await request(method, '/v1/articles', { headers })).status, 200, method)
})

scenario('R5.5: unknown parameters that begin with an underscore are ignored', async ({ request }) => {
  await request('PUT', `/v1/articles/${uuid(1)}`, { body: {} })
  for (const query of ['_expected=%22123%22', '_cachebust=', '_', '_unknown=a&_unknown=b']) {
    assert.equal((await request('GET', `/v1/articles?${query}`)).records.length, 1, query)
    assert.equal((await request('GET', `/v1/articles/${uuid(1)}?${query}`)).status, 200)
    assert.equal((await request('PATCH', `/v1/articles/${uuid(1)}?${query}`, { body: { data: {} } })).status, 200)
  }
})

scenario('R3.21: method, Accept, Content-Type, login, form, id and existence are checked in that order', async ({ request }) => {
  const path = '/v1/articles/not-an-id'
  const wrong = { body: 'no json', headers: { accept: 'text/plain', 'content-type': 'text/plain', 'if-match': 'wrong' } }
  const withoutAccept = { ...wrong, headers: { 'content-type': 'text/plain', 'if-match': 'wrong' } }
  const withJson = { ...wrong, headers: { 'content-type': 'application/json', 'if-match': 'wrong' } }
  const statuses = [
    await request('POST', path, { ...wrong, auth: null }),
    await request('PUT', path, { ...wrong, auth: null }),
    await request('PUT', path, { ...withoutAccept, auth: null }),
    await request('PUT', path, { ...withJson, auth: null }),
    await request('PUT', path, withJson),
    await request('PATCH', path, { body: { data: {} } }),
    await request('PATCH', `/v1/articles/${uuid(9)}`, { body: { data: {} }, headers: { 'if-match': '"1"' } }),
  ].map(({ status }) => status)
  assert.deepEqual(statuses, [405, 406, 415, 401, 400, 400, 404])
})

scenario('R3.4: an error of an application’s parent function is sent unchanged', async ({ request }) => {
  const { request: send } = await openService({
    prepare: (service) =>
      void service.resource('refused', {
        schema: title,
        parentId: () => {
          throw new HttpError(451, { message: 'Not here', errno: 7 })
        },
      }),
  })
  const answer = await send('GET', '/v1/refuseds')
  assert.deepEqual([answer.status, answer.body.message, answer.body.errno], [451, 'Not here', 7])
  assert.equal((await request('GET', '/v1/articles')).status, 200)
})
