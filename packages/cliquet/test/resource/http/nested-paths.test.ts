import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { principalOf, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }

/** Who may write a library may do anything with its books. */
function prepare(service: Service): void {
  service
    .resource('library', { schema, shared: true, collectionPath: '/libraries', idGenerator: () => 'made' })
    .resource('book', { schema, shared: true, collectionPath: '/libraries/{lib}/books' })
    .resource('diary', { schema, collectionPath: '/years/{year}/diaries' })
}

const scenario = await scenarios({
  prepare,
  settings: { library_create_principals: 'system.Authenticated' },
  inheritance: ({ parentId, uri }, permission) => {
    const own = { parentId, uri, permission }
    const library = /^\/libraries\/[^/]+/.exec(uri)?.[0]
    const above = library === undefined ? [] : [{ parentId: '', uri: library, permission: 'write' }]
    return permission === 'read' ? [own, { ...own, permission: 'write' }, ...above] : [own, ...above]
  },
})

// The URL of a library was enough to reach the books of all others: they shared one collection, while permissions were asked under the URL.
scenario('R10.1 R10.4: the books of one library are out of reach through another', async ({ request, word, user, other }) => {
  const [mine, theirs] = [`/v1/libraries/${word}mine`, `/v1/libraries/${word}theirs`]
  const auth = other('alice')
  assert.equal((await request('PUT', mine, { body: { data: {} } })).status, 201)
  assert.equal((await request('PUT', theirs, { body: { data: {} }, auth })).status, 201)
  assert.equal((await request('PUT', `${theirs}/books/${uuid(1)}`, { body: { data: { title: 'hers' } }, auth })).status, 201)
  assert.equal((await request('GET', `${mine}/books/${uuid(1)}`)).status, 404)
  assert.deepEqual((await request('GET', `${mine}/books`)).records, [])
  assert.equal((await request('GET', `${theirs}/books/${uuid(1)}`)).status, 403)
  assert.equal((await request('GET', `${theirs}/books/${uuid(1)}`, { auth })).status, 200)
  assert.notEqual(principalOf(user), principalOf(auth))
})

scenario("R10.1: a user's collections are apart for each value of the path's parameters", async ({ request, word }) => {
  await request('POST', `/v1/years/${word}1/diaries`, { body: { data: { title: 'a' } } })
  assert.equal((await request('GET', `/v1/years/${word}1/diaries`)).records.length, 1)
  assert.equal((await request('GET', `/v1/years/${word}2/diaries`)).records.length, 0)
})

// `%2F` in a parameter was decoded into the URI: a record's permissions could lie "below" a foreign record, and vanish with it (P7).
scenario('R10.2 R10.16: a slash in a parameter reaches into no other URI', async ({ request, word, other }) => {
  const auth = other('alice')
  const library = `/v1/libraries/${word}x`
  assert.equal((await request('PUT', library, { body: { data: {} } })).status, 201)
  const inside = `/v1/libraries/${word}x%2Fbooks%2F${uuid(1)}/books`
  assert.equal((await request('POST', inside, { body: { data: {} } })).status, 403)
  assert.equal((await request('POST', inside, { body: { data: {} }, auth })).status, 403)
  assert.equal((await request('POST', `${library}/books`, { body: { data: {} } })).status, 201)
})
