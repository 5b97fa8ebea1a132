import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { ownFields, principalOf, scenarios, uuid } from './scenario.ts'

const schema = { url: Type.Optional(Type.Any()), title: Type.Optional(Type.String()), code: Type.Optional(Type.Any()) }

function prepare(service: Service): void {
  service
    .resource('bookmark', { schema, uniqueFields: ['url', 'code'] })
    .resource('free', { schema })
    .resource('sheet', { schema, uniqueFields: ['url'], shared: true })
}

const scenario = await scenarios({ prepare, settings: { sheet_create_principals: 'system.Authenticated' } })
const path = (number: number): string => `/v1/bookmarks/${uuid(number)}`

scenario('R5.44: a POST with a value that is taken answers the record that has it, and writes nothing', async ({ request }) => {
  const first = await request('PUT', path(1), { body: { data: { url: 'a', title: 'first' } } })
  for (const data of [
    { url: 'a', title: 'second' },
    { id: uuid(2), url: 'a' },
  ]) {
    const answer = await request('POST', '/v1/bookmarks', { body: { data } })
    assert.deepEqual([answer.status, answer.record, answer.headers.etag], [200, first.record, first.headers.etag])
  }
  assert.equal((await request('GET', '/v1/bookmarks')).headers.etag, first.headers.etag)
})

scenario('R5.44: PUT and PATCH with a value that is taken are 409 and name the field and the record', async ({ request }) => {
  const first = await request('PUT', path(1), { body: { data: { url: 'a', code: 1, title: 'first' } } })
  await request('PUT', path(2), { body: { data: { url: 'b', code: 2 } } })
  const before = await request('GET', '/v1/bookmarks')
  const headers = { 'content-type': 'application/json-patch+json' }
  for (const [answer, field] of [
    [await request('PUT', path(3), { body: { data: { url: 'a' } } }), 'url'],
    [await request('PUT', path(2), { body: { data: { url: 'a' } } }), 'url'],
    [await request('PATCH', path(2), { body: { data: { code: 1 } } }), 'code'],
    [await request('PATCH', path(2), { body: [{ op: 'add', path: '/data/url', value: 'a' }], headers }), 'url'],
  ] as const) {
    assert.deepEqual([answer.status, answer.body.errno], [409, 122])
    assert.equal(answer.body.message, `Conflict of field ${field} on record ${uuid(1)}`)
    assert.deepEqual(answer.body.details, { field, existing: first.record })
  }
  const after = await request('GET', '/v1/bookmarks')
  assert.deepEqual([after.records, after.headers.etag], [before.records, before.headers.etag])
})

scenario('R5.44: a record does not conflict with itself', async ({ request }) => {
  await request('PUT', path(1), { body: { data: { url: 'a' } } })
  assert.equal((await request('PUT', path(1), { body: { data: { url: 'a', title: 't' } } })).status, 200)
  assert.equal((await request('PATCH', path(1), { body: { data: { url: 'a' } } })).status, 200)
})

scenario('R5.44: null and absent values are free, and values of different types differ', async ({ request }) => {
  const values = ['1', 1, true, 'true', [1], ['1'], { a: 1 }, { a: 2 }, '', 0, false]
  for (const [index, url] of values.entries()) {
    assert.equal((await request('PUT', path(index + 1), { body: { data: { url } } })).status, 201, JSON.stringify(url))
  }
  for (const data of [{}, {}, { url: null }, { url: null }])
    assert.equal((await request('POST', '/v1/bookmarks', { body: { data } })).status, 201)
  for (const url of [1, [1], { a: 1 }, '']) assert.equal((await request('PUT', path(99), { body: { data: { url } } })).status, 409)
})

scenario('R5.44: a value is free again when its record is deleted or has another', async ({ request }) => {
  await request('PUT', path(1), { body: { data: { url: 'a' } } })
  await request('PUT', path(2), { body: { data: { url: 'b' } } })
  await request('DELETE', path(1))
  assert.equal((await request('PATCH', path(2), { body: { data: { url: 'a' } } })).status, 200)
  assert.equal((await request('POST', '/v1/bookmarks', { body: { data: { url: 'b' } } })).status, 201)
  assert.equal((await request('DELETE', '/v1/bookmarks')).records.length, 2)
  assert.equal((await request('POST', '/v1/bookmarks', { body: { data: { url: 'a' } } })).status, 201)
})

scenario('R5.44: values are unique among the records of one parent only', async ({ request, other }) => {
  await request('PUT', path(1), { body: { data: { url: 'a' } } })
  assert.equal((await request('POST', '/v1/bookmarks', { body: { data: { url: 'a' } }, auth: other('bob') })).status, 201)
})

scenario('R5.44: of many creations of one value at once exactly one creates', async ({ request }) => {
  const body = { data: { url: 'same' } }
  const posted = await Promise.all(Array.from({ length: 30 }, () => request('POST', '/v1/bookmarks', { body })))
  assert.equal(posted.filter(({ status }) => status === 201).length, 1)
  assert.equal(posted.filter(({ status }) => status === 200).length, 29)
  assert.equal(new Set(posted.map(({ record }) => record.id)).size, 1)
  const put = await Promise.all(Array.from({ length: 30 }, (_, index) => request('PUT', path(index), { body: { data: { code: 'same' } } })))
  assert.equal(put.filter(({ status }) => status === 201).length, 1)
  assert.equal(put.filter(({ status }) => status === 409).length, 29)
  const list = await request('GET', '/v1/bookmarks')
  assert.equal(list.records.length, 2)
})

scenario('R5.44 R6.9: a conflict shows the other record only to who may read it', async ({ request, other, word, user }) => {
  const hidden = await request('POST', '/v1/sheets', { body: { data: { url: word, title: 'private' } }, auth: other('alice') })
  const mine = await request('POST', '/v1/sheets', { body: { data: { url: `${word}2` } } })
  const refused = await request('PUT', `/v1/sheets/${mine.record.id}`, { body: { data: { url: word } } })
  assert.equal(refused.status, 409)
  assert.deepEqual(refused.body.details, { field: 'url' })
  const posted = await request('POST', '/v1/sheets', { body: { data: { url: word } } })
  assert.equal(posted.status, 403)
  const sharing = { body: { permissions: { read: [principalOf(user)] } }, auth: other('alice') }
  await request('PATCH', `/v1/sheets/${hidden.record.id}`, sharing)
  const shown = await request('PUT', `/v1/sheets/${mine.record.id}`, { body: { data: { url: word } } })
  assert.deepEqual(shown.body.details, { field: 'url', existing: (await request('GET', `/v1/sheets/${hidden.record.id}`)).record })
  assert.equal((await request('POST', '/v1/sheets', { body: { data: { url: word } } })).status, 200)
})

scenario('R5.45: a resource without unique fields never has this conflict', async ({ request }) => {
  for (const number of [1, 2, 3]) {
    const answer = await request('PUT', `/v1/frees/${uuid(number)}`, { body: { data: { url: 'a', code: 1 } } })
    assert.deepEqual([answer.status, ownFields(answer.record)], [201, { url: 'a', code: 1 }])
  }
})

scenario(
  'R5.46: two creations of one id at once are both answered: one created, the others replace or are told to try again',
  async ({ request }) => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => request('PUT', path(1), { body: { data: { title: `t${index}` } } })),
    )
    for (const { status, headers } of answers) {
      assert.ok([200, 201, 409].includes(status))
      if (status === 409) assert.ok(headers['retry-after'])
    }
    assert.equal(answers.filter(({ status }) => status === 201).length, 1)
    const posts = await Promise.all(Array.from({ length: 20 }, () => request('POST', '/v1/bookmarks', { body: { data: { id: uuid(2) } } })))
    assert.deepEqual(posts.map(({ status }) => status).toSorted(), [...Array<number>(19).fill(200), 201])
  },
)
