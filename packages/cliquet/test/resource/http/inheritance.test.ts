import assert from 'node:assert/strict'
import { type Inheritance, Type } from '../../../src/index.ts'
import { principalOf, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }

/** Write on a library is write on its books; read on it is read. */
const inheritance: Inheritance = (object, permission) => {
  const own = permission === 'read' ? ['read', 'write'] : [permission]
  const library = /^\/libraries\/[^/]+/.exec(object.uri)?.[0]
  const above = library === undefined ? [] : permission === 'read' ? ['read', 'write'] : ['write']
  return [
    ...own.map((name) => ({ ...object, permission: name })),
    ...above.map((name) => ({ parentId: '', uri: library ?? '', permission: name })),
  ]
}

const libraryOf = (params: unknown): string => (params as { lib: string }).lib // the path has that parameter

const inheriting = await scenarios({
  inheritance,
  settings: { library_create_principals: 'system.Authenticated', library_read_principals: 'group:anything' },
  prepare: (service) =>
    void service
      .resource('library', {
        schema,
        shared: true,
        collectionPath: '/libraries',
        idGenerator: () => `lib${Math.random()}`.replace('.', ''),
      })
      .resource('book', {
        schema,
        shared: true,
        collectionPath: '/libraries/{lib}/books',
        parentId: ({ request }) => libraryOf(request.params),
      }),
})

inheriting('R10.4: an application’s function says what grants what, as of a library for its books', async ({ request, word, other }) => {
  const library = `/v1/libraries/${word}`
  await request('PUT', library, { body: { permissions: { read: [principalOf(other('reader'))] } } })
  const book = `${library}/books/${uuid(1)}`
  assert.equal((await request('PUT', book, { body: { data: { title: 'a' } }, auth: other('reader') })).status, 403)
  assert.equal((await request('PUT', book, { body: { data: { title: 'a' } } })).status, 201)
  assert.equal((await request('GET', book, { auth: other('reader') })).status, 200)
  assert.equal((await request('GET', `${library}/books`, { auth: other('reader') })).records.length, 1)
  for (const method of ['PATCH', 'DELETE'])
    assert.equal((await request(method, book, { auth: other('reader'), body: { data: {} } })).status, 403)
  assert.equal((await request('GET', book, { auth: other('stranger') })).status, 403)
  assert.equal((await request('DELETE', `${library}/books`)).records.length, 1)
})

inheriting('R10.3: a grant by settings on one resource is not inherited by those below it', async ({ request, word, other, service }) => {
  const library = `/v1/libraries/${word}`
  await request('PUT', library, { body: {} })
  await request('PUT', `${library}/books/${uuid(1)}`, { body: {} })
  await service.app.permission.addUserPrincipal(principalOf(other('bob')), 'group:anything')
  assert.equal((await request('GET', library, { auth: other('bob') })).status, 200)
  assert.equal((await request('GET', `${library}/books/${uuid(1)}`, { auth: other('bob') })).status, 403)
  assert.equal((await request('GET', `${library}/books`, { auth: other('bob') })).status, 403)
})
