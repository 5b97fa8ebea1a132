import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { ownFields, permissionsOf, principalOf, scenarios, uuid } from './scenario.ts'

function prepare(service: Service): void {
  service
    .resource('article', { schema: { title: Type.Optional(Type.String()) } })
    .resource('sheet', { schema: { title: Type.Optional(Type.String()) }, shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })

scenario('R5.14: without an id one is made, and the stored record is answered', async ({ request }) => {
  const answer = await request('POST', '/v1/articles', { body: { data: { title: 'A', other: [1, null] } } })
  assert.equal(answer.status, 201)
  assert.deepEqual(ownFields(answer.record), { title: 'A', other: [1, null] })
  assert.equal(typeof answer.record.id, 'string')
  assert.deepEqual((await request('GET', `/v1/articles/${answer.record.id}`)).record, answer.record)
})

scenario('R5.15: with an id that is not in use the record is created under it', async ({ request }) => {
  const answer = await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'A' } } })
  assert.deepEqual([answer.status, answer.record.id], [201, uuid(1)])
  assert.equal((await request('GET', `/v1/articles/${uuid(1)}`)).record.title, 'A')
})

scenario('R5.15 R9.8: the id of a tombstone is not in use, and the tombstone disappears', async ({ request }) => {
  await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'old' } } })
  const gone = await request('DELETE', `/v1/articles/${uuid(1)}`)
  const again = await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'new' } } })
  assert.equal(again.status, 201)
  assert.ok(again.timestamp > gone.timestamp)
  assert.deepEqual((await request('GET', '/v1/articles?_since=0')).records, [again.record])
})

scenario('R5.16: with an id in use nothing is written, and the existing record is answered', async ({ request }) => {
  const created = await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'A' } } })
  const again = await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'B', last_modified: 9_999_999_999_999 } } })
  assert.equal(again.status, 200)
  assert.deepEqual(again.record, created.record)
  assert.equal(again.headers.etag, created.headers.etag)
  assert.equal((await request('GET', '/v1/articles')).headers.etag, created.headers.etag)
})

scenario('R5.16: with an id in use the permissions stay as they are too', async ({ request, user, word }) => {
  const id = uuid(Number(word.slice(1)) + 1000)
  await request('POST', '/v1/sheets', { body: { data: { id }, permissions: { read: ['group:a'] } } })
  const again = await request('POST', '/v1/sheets', { body: { data: { id }, permissions: { read: ['group:b'], write: [] } } })
  assert.equal(again.status, 200)
  assert.deepEqual(permissionsOf(again), { read: ['group:a'], write: [principalOf(user)] })
})

scenario('R5.16 R3.8: a body with faults is refused also when its id is in use', async ({ request }) => {
  await request('POST', '/v1/articles', { body: { data: { id: uuid(1) } } })
  assert.equal((await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 1 } } })).status, 400)
  assert.equal((await request('POST', '/v1/articles', { body: { data: { id: uuid(1) }, more: 1 } })).status, 400)
})

scenario('R5.14: POST never answers a record of another user', async ({ request, other }) => {
  await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'mine' } }, auth: other('alice') })
  const answer = await request('POST', '/v1/articles', { body: { data: { id: uuid(1), title: 'yours' } } })
  assert.deepEqual([answer.status, answer.record.title], [201, 'yours'])
  assert.equal((await request('GET', `/v1/articles/${uuid(1)}`, { auth: other('alice') })).record.title, 'mine')
})
