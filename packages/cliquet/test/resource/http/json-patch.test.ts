import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { ownFields, permissionsOf, places, principalOf, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }

function prepare(service: Service): void {
  service.resource('article', { schema }).resource('sheet', { schema, shared: true, permissions: ['read', 'write', 'page:create'] })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const path = `/v1/articles/${uuid(1)}`
const sheet = (word: string): string => `/v1/sheets/${uuid(Number(word.slice(1)) + 1000)}`
const headers = { 'content-type': 'application/json-patch+json' }

scenario('R5.25: the body is a list of operations', async ({ request }) => {
  await request('PUT', path, { body: {} })
  for (const body of [{}, { data: {} }, '""', 'null', '1', '']) {
    const answer = await request('PATCH', path, { body, headers })
    assert.equal(answer.status, 400, JSON.stringify(body))
  }
  assert.deepEqual(places(await request('PATCH', path, { body: {}, headers })), ['body '])
})

scenario('R5.25: each operation is an object with op, path, from and value only', async ({ request }) => {
  await request('PUT', path, { body: {} })
  for (const [operation, place] of [
    [1, 'body 0'],
    [null, 'body 0'],
    [[], 'body 0'],
    [{ op: 'add', path: '/data/a', value: 1, more: 1 }, 'body 0'],
    [{ op: 'plus', path: '/data/a', value: 1 }, 'body 0.op'],
    [{ path: '/data/a', value: 1 }, 'body 0.op'],
    [{ op: 'add', path: 'data/a', value: 1 }, 'body 0.path'],
    [{ op: 'add', value: 1 }, 'body 0.path'],
    [{ op: 'move', path: '/data/a', from: 'data/b' }, 'body 0.from'],
  ] as const) {
    const answer = await request('PATCH', path, { body: [operation], headers })
    assert.deepEqual([answer.status, places(answer)], [400, [place]], JSON.stringify(operation))
  }
})

scenario('R5.26: operations apply in their order', async ({ request }) => {
  await request('PUT', path, { body: { data: { list: [1, 2], a: { b: 1 } } } })
  const answer = await request('PATCH', path, {
    headers,
    body: [
      { op: 'test', path: '/data/list/0', value: 1 },
      { op: 'add', path: '/data/list/-', value: 3 },
      { op: 'remove', path: '/data/list/0' },
      { op: 'replace', path: '/data/a/b', value: { c: null } },
      { op: 'copy', from: '/data/a', path: '/data/d' },
      { op: 'move', from: '/data/a/b', path: '/data/e' },
      { op: 'add', path: '/data/x~1y~0z', value: 'odd' },
    ],
  })
  assert.equal(answer.status, 200)
  assert.deepEqual(ownFields(answer.record), { list: [2, 3], a: {}, d: { b: { c: null } }, e: { c: null }, 'x/y~z': 'odd' })
})

scenario('R5.26: a failed operation is 400 and nothing of the patch is written', async ({ request }) => {
  const before = await request('PUT', path, { body: { data: { list: [1], title: 'A' } } })
  const failing = [
    { op: 'test', path: '/data/title', value: 'B' },
    { op: 'remove', path: '/data/missing' },
    { op: 'replace', path: '/data/missing', value: 1 },
    { op: 'add', path: '/data/list/5', value: 1 },
    { op: 'add', path: '/data/list/01', value: 1 },
    { op: 'add', path: '/data/x' },
    { op: 'move', path: '/data/x' },
    { op: 'move', from: '/data/missing', path: '/data/x' },
    { op: 'add', path: '/data/title/x', value: 1 },
    { op: 'add', path: '/foo', value: 1 },
    { op: 'add', path: '/', value: 1 },
    { op: 'remove', path: '/data' },
  ]
  for (const operation of failing) {
    const answer = await request('PATCH', path, { body: [{ op: 'add', path: '/data/added', value: 1 }, operation], headers })
    assert.equal(answer.status, 400, JSON.stringify(operation))
    assert.deepEqual(places(answer), ['body null'])
    assert.match(String(answer.body.message), /JSON Patch operation failed: /)
  }
  const after = await request('GET', path)
  assert.deepEqual([after.headers.etag, after.record], [before.headers.etag, before.record])
  assert.equal((await request('GET', '/v1/articles')).headers.etag, before.headers.etag)
})

scenario('R5.26: an empty list of operations is valid', async ({ request }) => {
  const before = await request('PUT', path, { body: { data: { title: 'A' } } })
  const answer = await request('PATCH', path, { body: [], headers: { 'content-type': 'application/json-patch+json; charset=utf-8' } })
  assert.equal(answer.status, 200)
  assert.deepEqual(ownFields(answer.record), { title: 'A' })
  assert.ok(answer.timestamp > before.timestamp)
})

scenario('R5.26 R5.13: a patch cannot change the id of a record', async ({ request }) => {
  await request('PUT', path, { body: {} })
  const answer = await request('PATCH', path, { body: [{ op: 'replace', path: '/data/id', value: uuid(2) }], headers })
  assert.deepEqual([answer.status, places(answer)], [400, ['body id']])
})

scenario('R5.27: principals are added and removed by their paths, the value may be left out', async ({ request, word, user }) => {
  await request('PUT', sheet(word), { body: { permissions: { read: ['a'] } } })
  const body = [
    { op: 'add', path: '/permissions/read/system.Everyone' },
    { op: 'add', path: '/permissions/write/group:b', value: 'group:b' },
    { op: 'add', path: '/permissions/page:create/c' },
    { op: 'remove', path: '/permissions/read/a' },
  ]
  const answer = await request('PATCH', sheet(word), { body, headers })
  assert.equal(answer.status, 200)
  const write = [principalOf(user), 'group:b'].toSorted()
  assert.deepEqual(permissionsOf(answer), { 'page:create': ['c'], read: ['system.Everyone'], write })
})

scenario('R5.27: a slash in a principal may be escaped or raw', async ({ request, word }) => {
  await request('PUT', sheet(word), { body: {} })
  const body = [
    { op: 'add', path: '/permissions/read//groups/a' },
    { op: 'add', path: '/permissions/read/~1groups~1b' },
  ]
  assert.deepEqual(permissionsOf(await request('PATCH', sheet(word), { body, headers })).read, ['/groups/a', '/groups/b'])
  const removal = [{ op: 'remove', path: '/permissions/read//groups/a' }]
  assert.deepEqual(permissionsOf(await request('PATCH', sheet(word), { body: removal, headers })).read, ['/groups/b'])
})

scenario('R5.27: removing a permission empties it, an undeclared one is refused', async ({ request, word, user }) => {
  await request('PUT', sheet(word), { body: { permissions: { read: ['a', 'b'] } } })
  const answer = await request('PATCH', sheet(word), { body: [{ op: 'remove', path: '/permissions/read' }], headers })
  assert.deepEqual(permissionsOf(answer), { write: [principalOf(user)] })
  for (const operation of [
    { op: 'add', path: '/permissions/admin/a' },
    { op: 'remove', path: '/permissions/admin' },
    { op: 'add', path: '/permissions/admin', value: {} },
  ]) {
    assert.equal((await request('PATCH', sheet(word), { body: [operation], headers })).status, 400, JSON.stringify(operation))
  }
})

scenario('R5.27 R10.14: the caller stays in write, even if the patch removes it', async ({ request, word, user }) => {
  await request('PUT', sheet(word), { body: {} })
  for (const target of [`/permissions/write/${principalOf(user)}`, '/permissions/write']) {
    const answer = await request('PATCH', sheet(word), { body: [{ op: 'remove', path: target }], headers })
    assert.deepEqual(permissionsOf(answer).write, [principalOf(user)])
  }
})

scenario('R5.27: data and permissions change together or not at all', async ({ request, word }) => {
  const before = await request('PUT', sheet(word), { body: { data: { title: 'A' } } })
  const body = [
    { op: 'add', path: '/permissions/read/a' },
    { op: 'replace', path: '/data/title', value: 5 },
  ]
  assert.equal((await request('PATCH', sheet(word), { body, headers })).status, 400)
  const after = await request('GET', sheet(word))
  assert.deepEqual(after.body, before.body)
})
