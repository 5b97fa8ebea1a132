import assert from 'node:assert/strict'
import { type Inheritance, type Service, Type } from '../../../src/index.ts'
import { principalOf, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }
const shared = { schema, shared: true, idGenerator: () => 'made' }

/** A list below a record twice over, defined from the bottom up. Notes have a list at the end of a path that no resource is at. */
function prepare(service: Service): void {
  service
    .resource('page', { ...shared, collectionPath: '/libraries/{library}/books/{book}/pages' })
    .resource('book', {
      ...shared,
      permissions: ['read', 'write', 'page:create'],
      collectionPath: '/libraries/{library}/books',
      // Not the place of its permissions: that is by the path of the list.
      recordPath: '/books/{library}/{id}',
    })
    .resource('library', { ...shared, permissions: ['read', 'write', 'book:create'], collectionPath: '/libraries' })
    .resource('note', { ...shared, collectionPath: '/desk/notes' })
    .resource('shelf', { ...shared, permissions: ['read', 'write', 'box:create'], collectionPath: '/shelves', parentId: () => 'attic' })
    .resource('box', { ...shared, collectionPath: '/shelves/{shelf}/boxes' })
}

const settings = {
  library_create_principals: 'system.Authenticated',
  shelf_create_principals: 'system.Authenticated',
  explain_endpoint_principals: 'system.Everyone',
}

const scenario = await scenarios({ prepare, settings })

// The permissions of a library were looked for under the scope of the list of its books, where there never are any.
scenario('R10.7: who may create books by a grant on the library sees an empty list of them', async ({ request, word, other }) => {
  const library = `/v1/libraries/${word}`
  const creator = other('creator')
  const permissions = { 'book:create': [principalOf(creator)], read: [principalOf(other('reader'))] }
  assert.equal((await request('PUT', library, { body: { data: {}, permissions } })).status, 201)

  const list = await request('GET', `${library}/books`, { auth: creator })
  assert.deepEqual([list.status, list.records], [200, []])
  const head = await request('HEAD', `${library}/books`, { auth: creator })
  assert.deepEqual([head.status, head.headers['total-objects']], [200, '0'])
  assert.equal((await request('DELETE', `${library}/books`, { auth: creator })).status, 200)
  for (const name of ['reader', 'stranger']) {
    assert.equal((await request('GET', `${library}/books`, { auth: other(name) })).status, 403, name)
  }
  assert.equal((await request('GET', `${library}/books`, { auth: null })).status, 401)
  assert.equal((await request('GET', `/v1/libraries/${word}x/books`, { auth: creator })).status, 403)
})

scenario('R10.7 R10.8: a book that they may read is in it, and no other', async ({ request, word, other, service }) => {
  const [library, uri] = [`/v1/libraries/${word}`, `/libraries/${word}`]
  const [creator, author] = [other('creator'), other('author')]
  const permissions = { 'book:create': [principalOf(creator)] }
  assert.equal((await request('PUT', library, { body: { data: {}, permissions } })).status, 201)
  await service.app.permission.replace({ parentId: `${uri}/books`, uri: `${uri}/books` }, { 'book:create': [principalOf(author)] })
  for (const [id, read] of [
    ['open', [principalOf(creator)]],
    ['closed', []],
  ] as const) {
    const body = { data: { title: id }, permissions: { read } }
    assert.equal((await request('PUT', `/v1/books/${word}/${id}`, { body, auth: author })).status, 201)
  }
  const list = await request('GET', `${library}/books`, { auth: creator })
  assert.deepEqual(
    list.records.map(({ title }) => title),
    ['open'],
  )
})

scenario(
  'R10.7: at the second level, too, the grant is looked for under the scope of the record above',
  async ({ request, word, other, service }) => {
    const uri = `/libraries/${word}/books`
    const [author, creator] = [other('author'), other('creator')]
    await service.app.permission.replace({ parentId: uri, uri }, { 'book:create': [principalOf(author)] })
    const permissions = { 'page:create': [principalOf(creator)] }
    assert.equal((await request('PUT', `/v1/books/${word}/b1`, { body: { data: {}, permissions }, auth: author })).status, 201)
    const pages = (book: string, name: string) => request('GET', `/v1${uri}/${book}/pages`, { auth: other(name) })
    assert.deepEqual((await pages('b1', 'creator')).records, [])
    assert.equal((await pages('b1', 'stranger')).status, 403)
    assert.equal((await pages('b2', 'creator')).status, 403)
  },
)

scenario('R10.7 R10.16: the list is closed again when the record above is gone', async ({ request, word, other }) => {
  const library = `/v1/libraries/${word}`
  const auth = other('creator')
  await request('PUT', library, { body: { data: {}, permissions: { 'book:create': [principalOf(auth)] } } })
  assert.equal((await request('GET', `${library}/books`, { auth })).status, 200)
  assert.equal((await request('DELETE', library)).status, 200)
  assert.equal((await request('GET', `${library}/books`, { auth })).status, 403)
})

scenario(
  'R10.7: where no resource is above, and where its scope is unknown, the scope of the list is that of what is above',
  async (play) => {
    const { request, word, other, service } = play
    const auth = other('creator')
    await service.app.permission.replace({ parentId: '', uri: '/desk' }, { 'note:create': [principalOf(auth)] })
    assert.deepEqual((await request('GET', '/v1/desk/notes', { auth })).records, [])
    const permissions = { 'box:create': [principalOf(auth)] }
    assert.equal((await request('PUT', `/v1/shelves/${word}`, { body: { data: {}, permissions } })).status, 201)
    assert.equal((await request('GET', `/v1/shelves/${word}/boxes`, { auth })).status, 403)
    const boxes = `/shelves/${word}/boxes`
    await service.app.permission.replace({ parentId: boxes, uri: `/shelves/${word}` }, permissions)
    assert.deepEqual((await request('GET', `/v1${boxes}`, { auth })).records, [])
  },
)

scenario('R10.7: what is explained of such a list is what its requests get', async ({ request, word, other }) => {
  const library = `/v1/libraries/${word}`
  const users = ['creator', 'stranger'].map((name) => other(name))
  const [creator = ''] = users
  await request('PUT', library, { body: { data: {}, permissions: { 'book:create': [principalOf(creator)] } } })
  for (const auth of users) {
    for (const method of ['GET', 'HEAD', 'DELETE', 'POST']) {
      const uri = `/libraries/${word}/books`
      const query = new URLSearchParams({ uri, method, user: principalOf(auth) })
      const explained = await request('GET', `/v1/__explain__?${query}`)
      const answer = await request(method, `/v1${uri}`, { auth, ...(method === 'POST' ? { body: { data: {} } } : {}) })
      assert.equal(explained.body.permitted, ![401, 403].includes(answer.status), `${method}: ${answer.status}, ${explained.text}`)
      if (method === 'POST' || auth !== creator) continue
      assert.deepEqual([explained.body.decided_by, explained.body.records], ['permissions', { count: 0, ids: [] }])
      const grants = (explained.body.checked as { kind: string; uri?: string; matches?: string[] }[]).filter(
        ({ matches = [] }) => matches.length > 0,
      )
      assert.deepEqual(grants, [
        {
          kind: 'grant',
          uri: `/libraries/${word}`,
          permission: 'book:create',
          principals: [principalOf(auth)],
          matches: [principalOf(auth)],
        },
      ])
    }
  }
})

/** Who may create books in a library may do so in its list. */
const inheritance: Inheritance = (object, permission) => {
  const library = /^(\/libraries\/[^/]+)\/books$/.exec(object.uri)?.[1]
  const own = { ...object, permission }
  return library !== undefined && permission === 'book:create' ? [own, { parentId: '', uri: library, permission }] : [own]
}

const inheriting = await scenarios({ prepare, settings, inheritance })

inheriting('R10.4 R10.7: with an inheritance to that effect they create one, and see it', async ({ request, word, other }) => {
  const library = `/v1/libraries/${word}`
  const auth = other('creator')
  await request('PUT', library, { body: { data: {}, permissions: { 'book:create': [principalOf(auth)] } } })
  assert.deepEqual((await request('GET', `${library}/books`, { auth })).records, [])
  const made = await request('PUT', `/v1/books/${word}/${uuid(1)}`, {
    body: { data: {}, permissions: { read: [principalOf(auth)] } },
    auth,
  })
  assert.equal(made.status, 201)
  assert.equal((await request('GET', `${library}/books`, { auth })).records.length, 1)
})
