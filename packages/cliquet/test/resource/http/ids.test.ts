import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError, createService, defineIdGenerator, GENERIC_ID, type Service, Type } from '../../../src/index.ts'
import { openService } from '../../protocol/service-under-test.ts'
import { detailsOf, permissionsOf, scenarios, uuid, values } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }
let count = 0

function next(): number {
  count += 1
  return count
}

function prepare(service: Service): void {
  service
    .resource('article', { schema })
    .resource('page', { schema, idGenerator: () => `page-${next()}` })
    .resource('any', { schema, shared: true, idGenerator: defineIdGenerator(() => `any%${next()}`, /^[^/]+$/) })
    .resource('below', {
      schema,
      shared: true,
      collectionPath: '/anys/{any}/belows',
      parentId: ({ request }) => (request.params as { any: string }).any, // the path has that parameter
    })
}

const settings = { any_create_principals: 'system.Everyone', below_create_principals: 'system.Everyone' }
const scenario = await scenarios({ prepare, settings })

scenario('R5.11: ids are UUIDs of version 4 unless told otherwise', async ({ request }) => {
  const ids = new Set<unknown>()
  for (let index = 0; index < 20; index += 1) ids.add((await request('POST', '/v1/articles', { body: {} })).record.id)
  assert.equal(ids.size, 20)
  for (const id of ids) assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

scenario('R5.11: any UUID in lower case may be chosen', async ({ request }) => {
  for (const id of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
    assert.equal((await request('PUT', `/v1/articles/${id}`, { body: {} })).status, 201)
  }
})

const wrongIds = [
  'a',
  uuid(1).toUpperCase().replace('0', 'A'),
  `${uuid(1)}0`,
  `0${uuid(1)}`,
  `${uuid(1)}\n`,
  `\n${uuid(1)}`,
  ` ${uuid(1)}`,
  uuid(1).replaceAll('-', ''),
  'é',
]

scenario('R5.11 R5.12: an id in the URL that does not match is refused, with a newline at its end too', async ({ request }) => {
  for (const id of wrongIds) {
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { data: {} }],
      ['PATCH', { data: {} }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await request(method, `/v1/articles/${encodeURIComponent(id)}`, { body })
      assert.equal(answer.status, 400, `${method} ${JSON.stringify(id)}`)
      assert.deepEqual(answer.body.details, [{ location: 'path', name: null, description: 'Invalid object id' }])
      assert.equal(answer.body.message, 'path: Invalid object id')
    }
  }
})

scenario('R5.12: a posted id that does not match, or is no text, is refused', async ({ request }) => {
  for (const id of [...wrongIds, '', 1, true, null, [], {}, [uuid(1)]]) {
    const answer = await request('POST', '/v1/articles', { body: { data: { id } } })
    assert.equal(answer.status, 400, JSON.stringify(id))
    assert.equal(detailsOf(answer)[0]?.description, 'Invalid object id')
  }
  assert.equal((await request('GET', '/v1/articles')).records.length, 0)
})

scenario('R5.13: an id in the body of PUT and PATCH must be that of the URL, absent is fine', async ({ request }) => {
  const path = `/v1/articles/${uuid(1)}`
  assert.equal((await request('PUT', path, { body: { data: { id: uuid(1), title: 'a' } } })).status, 201)
  assert.equal((await request('PUT', path, { body: { data: { title: 'a' } } })).status, 200)
  assert.equal((await request('PATCH', path, { body: { data: { id: uuid(1), title: 'b' } } })).status, 200)
  for (const method of ['PUT', 'PATCH']) {
    for (const id of [uuid(2), '', 1, [uuid(1)]]) {
      const answer = await request(method, path, { body: { data: { id, title: 'c' } } })
      assert.equal(answer.status, 400, `${method} ${JSON.stringify(id)}`)
      assert.deepEqual(answer.body.details, [{ location: 'body', name: 'id', description: 'Object id does not match existing object' }])
      assert.equal(answer.body.message, 'Object id does not match existing object')
    }
  }
  assert.equal((await request('GET', path)).record.title, 'b')
  assert.equal((await request('PUT', `/v1/articles/${uuid(3)}`, { body: { data: { id: uuid(4) } } })).status, 400)
  assert.equal((await request('GET', `/v1/articles/${uuid(3)}`)).status, 404)
})

scenario('R5.11: a resource can make its own ids, which match the generic expression', async ({ request }) => {
  const made = await request('POST', '/v1/pages', { body: {} })
  assert.match(String(made.record.id), /^page-\d+$/)
  for (const id of ['a', 'A_b-9', '0', 'a'.repeat(300)]) assert.equal((await request('PUT', `/v1/pages/${id}`, { body: {} })).status, 201)
  for (const id of ['_a', '-a', 'a b', 'a.b', 'a\n', 'é']) {
    assert.equal((await request('PUT', `/v1/pages/${encodeURIComponent(id)}`, { body: {} })).status, 400, id)
  }
})

test('R5.11: a service can have a generator for all resources, and one whose ids do not match is refused at the start', async () => {
  const idGenerator = defineIdGenerator(() => `n${next()}`, GENERIC_ID)
  const { request } = await openService({ idGenerator, prepare: (service) => void service.resource('article', { schema }) })
  assert.match(String((await request('POST', '/v1/articles', { body: {} })).record.id), /^n\d+$/)
  assert.throws(() => defineIdGenerator(() => '_'), ConfigurationError)
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { storage_backend: 'cliquet/storage/memory', log_level: 'silent' },
  })
  service.resource('article', { schema, idGenerator: () => 'not valid' })
  await assert.rejects(service.ready(), ConfigurationError)
  await service.close()
})

const kindred = ['a_b', 'aXb', 'a%b', 'a*b', 'a?b', 'a.b', 'A_B', 'a_bc', "a'b", 'a"b', 'a\\b', 'a:b', 'ä🎈']

scenario(
  'R5.12 R10.16: deleting a record with _ or % in its id touches no other one’s record and permissions',
  async ({ request, user }) => {
    const path = (id: string): string => `/v1/anys/${encodeURIComponent(id)}`
    await request('DELETE', '/v1/anys')
    for (const id of kindred) {
      const body = { data: { title: id }, permissions: { read: [`reader of ${id}`] } }
      assert.equal((await request('PUT', path(id), { body })).status, 201, id)
    }
    assert.deepEqual(values(await request('GET', '/v1/anys'), 'id').toSorted(), kindred.toSorted())
    for (const [index, gone] of kindred.entries()) {
      assert.equal((await request('DELETE', path(gone))).status, 200, gone)
      assert.notEqual((await request('GET', path(gone))).status, 200)
      for (const id of kindred.slice(index + 1)) {
        const kept = await request('GET', path(id), { auth: user })
        assert.equal(kept.record.title, id, `${id} after ${gone}`)
        assert.deepEqual(permissionsOf(kept).read, [`reader of ${id}`])
      }
    }
  },
)

scenario(
  'R10.16: deleting a record takes the permissions of what lies below it, and of nothing beside it',
  async ({ request, service }) => {
    const { permission } = service.app
    await request('DELETE', '/v1/anys')
    for (const id of ['x_y', 'xzy', 'x_yz']) {
      await request('PUT', `/v1/anys/${id}`, { body: {} })
      await request('PUT', `/v1/anys/${id}/belows/${uuid(1)}`, { body: {} })
    }
    await request('DELETE', '/v1/anys/x_y')
    const left = async (id: string) => Object.keys(await permission.permissionsOf({ parentId: id, uri: `/anys/${id}/belows/${uuid(1)}` }))
    assert.deepEqual([await left('x_y'), await left('xzy'), await left('x_yz')], [[], ['write'], ['write']])
  },
)

scenario('R5.12: generated ids never take a record that is there', async ({ request }) => {
  const made: unknown[] = []
  count = 0
  for (let index = 0; index < 3; index += 1) made.push((await request('POST', '/v1/pages', { body: {} })).record.id)
  count = 0
  const again = await request('POST', '/v1/pages', { body: { data: { title: 'new' } } })
  assert.deepEqual([again.status, again.record.title], [201, 'new'])
  assert.ok(!made.includes(again.record.id))
  assert.equal((await request('GET', '/v1/pages')).records.length, 4)
})
