import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../../src/index.ts'
import { openService } from '../../protocol/service-under-test.ts'
import { permissionsOf, places, principalOf, scenarios, uuid, values } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }
const userOf = (params: unknown): string => (params as { user: string }).user // the path has that parameter

function prepare(service: Service): void {
  service
    .resource('diary', { schema })
    .resource('article', { schema, shared: true })
    .resource('closed', { schema, shared: true })
    .resource('open', { schema, shared: true })
    .resource('desk', { schema, shared: true, collectionPath: '/users/{user}/desks', parentId: ({ request }) => userOf(request.params) })
}

const settings = {
  article_create_principals: 'system.Authenticated',
  desk_create_principals: 'system.Authenticated',
  desk_read_principals: 'group:readers',
  open_create_principals: ['system.Everyone'],
  open_read_principals: 'system.Everyone group:x',
  open_write_principals: 'group:editors',
}
const scenario = await scenarios({ prepare, settings })
const idOf = (word: string): string => uuid(Number(word.slice(1)) + 1000)
const article = (word: string): string => `/v1/articles/${idOf(word)}`

scenario('R10.1: a user-isolated resource gives each user records of their own, and nobody sees another’s', async ({ request, other }) => {
  const path = `/v1/diarys/${uuid(1)}`
  await request('PUT', path, { body: { data: { title: 'mine' } } })
  assert.equal((await request('GET', path, { auth: other('bob') })).status, 404)
  assert.deepEqual((await request('GET', '/v1/diarys', { auth: other('bob') })).records, [])
  assert.deepEqual((await request('DELETE', '/v1/diarys', { auth: other('bob') })).records, [])
  assert.equal((await request('PUT', path, { body: { data: { title: 'yours' } }, auth: other('bob') })).status, 201)
  assert.equal((await request('DELETE', path, { auth: other('bob') })).status, 200)
  assert.equal((await request('GET', path)).record.title, 'mine')
})

scenario('R10.1: there anonymous requests are 401, and permissions are neither taken nor answered', async ({ request }) => {
  for (const [method, path] of [
    ['GET', '/v1/diarys'],
    ['HEAD', '/v1/diarys'],
    ['POST', '/v1/diarys'],
    ['DELETE', '/v1/diarys'],
    ['GET', `/v1/diarys/${uuid(1)}`],
    ['PUT', `/v1/diarys/${uuid(1)}`],
    ['PATCH', `/v1/diarys/${uuid(1)}`],
    ['DELETE', `/v1/diarys/${uuid(1)}`],
  ] as const) {
    const answer = await request(method, path, { auth: null, ...(method.startsWith('P') ? { body: {} } : {}) })
    assert.equal(answer.status, 401, `${method} ${path}`)
    assert.match(String(answer.headers['www-authenticate']), /^Basic /)
  }
  const refused = await request('POST', '/v1/diarys', { body: { data: {}, permissions: {} } })
  assert.deepEqual([refused.status, places(refused)], [400, ['body ']])
  const created = await request('POST', '/v1/diarys', { body: { data: {} } })
  assert.deepEqual(Object.keys(created.body), ['data'])
})

scenario('R10.1: a resource with a parent of its own can keep permissions', async ({ request, word, other, user }) => {
  const path = `/v1/users/${word}/desks/${uuid(1)}`
  const created = await request('PUT', path, { body: { permissions: { read: [principalOf(other('bob'))] } } })
  assert.deepEqual(permissionsOf(created), { read: [principalOf(other('bob'))], write: [principalOf(user)] })
  assert.equal((await request('GET', path, { auth: other('bob') })).status, 200)
  assert.equal((await request('GET', `/v1/users/${word}x/desks/${uuid(1)}`, { auth: other('bob') })).status, 403)
})

scenario('R10.2: permissions are kept under the URI without version prefix', async ({ request, word, service, user }) => {
  await request('PUT', article(word), { body: { permissions: { read: ['a'] } } })
  const stored = await service.app.permission.permissionsOf({ parentId: '', uri: `/articles/${idOf(word)}` })
  assert.deepEqual(stored, { read: ['a'], write: [principalOf(user)] })
})

scenario('R10.2: on a collection’s URI they concern all of it', async ({ request, service, user, word, other }) => {
  await request('PUT', article(word), { body: {}, auth: other('alice') })
  assert.equal((await request('POST', '/v1/closeds', { body: {} })).status, 403)
  await service.app.permission.replace({ parentId: '', uri: '/closeds' }, { 'closed:create': [principalOf(user)] })
  assert.equal((await request('POST', '/v1/closeds', { body: {} })).status, 201)
  await service.app.permission.replace({ parentId: '', uri: '/closeds' }, { 'closed:create': [], read: [principalOf(other('bob'))] })
  assert.equal((await request('POST', '/v1/closeds', { body: {} })).status, 403)
  assert.ok((await request('GET', '/v1/closeds', { auth: other('bob') })).records.length > 0)
  await service.app.permission.replace({ parentId: '', uri: '/closeds' }, { read: [] })
})

scenario('R10.3: settings grant a permission on a whole resource', async ({ request, word, other, service }) => {
  const path = `/v1/opens/${idOf(word)}`
  assert.equal((await request('PUT', path, { body: { data: { title: 'a' } }, auth: other('alice') })).status, 201)
  assert.equal((await request('GET', path)).status, 200)
  assert.equal((await request('GET', path, { auth: null })).status, 200)
  assert.equal((await request('PATCH', path, { body: { data: {} } })).status, 403)
  await service.app.permission.addUserPrincipal(principalOf(other('eve')), 'group:editors')
  assert.equal((await request('PATCH', path, { body: { data: {} }, auth: other('eve') })).status, 200)
})

scenario('R10.3: write implies read, and read does not imply write', async ({ request, word, other }) => {
  const permissions = { write: [principalOf(other('writer'))], read: [principalOf(other('reader'))] }
  await request('PUT', article(word), { body: { permissions } })
  assert.equal((await request('GET', article(word), { auth: other('writer') })).status, 200)
  assert.equal((await request('GET', article(word), { auth: other('reader') })).status, 200)
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    assert.equal((await request(method, article(word), { auth: other('reader'), body: { data: {} } })).status, 403, method)
  }
  assert.equal((await request('PATCH', article(word), { auth: other('writer'), body: { data: {} } })).status, 200)
})

scenario('R10.3 R4.4: a grant to a group is one to its members, as long as they are', async ({ request, word, other, service }) => {
  const { permission } = service.app
  const group = `/groups/${word}`
  await request('PUT', article(word), { body: { permissions: { read: [group] } } })
  const read = async () => (await request('GET', article(word), { auth: other('bob') })).status
  assert.equal(await read(), 403)
  await permission.addUserPrincipal(principalOf(other('bob')), group)
  assert.equal(await read(), 200)
  assert.ok(values(await request('GET', '/v1/articles', { auth: other('bob') }), 'id').includes(idOf(word)))
  await permission.removePrincipal(group)
  assert.equal(await read(), 403)
})

test('R10.1: an application can decide everything itself, and permissions are stored all the same', async () => {
  const { request } = await openService({
    prepare: (service) => void service.resource('article', { schema, shared: true }),
    authorization: ({ caller, permission }) => permission === 'read' || caller.userId !== undefined,
  })
  const path = `/v1/articles/${uuid(1)}`
  assert.equal((await request('PUT', path, { body: {}, auth: null })).status, 401)
  const created = await request('PUT', path, { body: { permissions: { read: ['a'] } }, auth: 'a:a' })
  assert.deepEqual(permissionsOf(created), { read: ['a'], write: [principalOf('a:a')] })
  assert.equal((await request('GET', path, { auth: null })).status, 200)
  assert.equal((await request('GET', '/v1/articles', { auth: null })).records.length, 1)
  assert.equal((await request('DELETE', path, { auth: 'b:b' })).status, 200)
})

scenario(
  'R10.5: a POST with a used id is 403 to who may not read the record, and shows nothing of it',
  async ({ request, word, other }) => {
    await request('PUT', article(word), { body: { data: { title: 'private' } }, auth: other('alice') })
    const answer = await request('POST', '/v1/articles', { body: { data: { id: idOf(word) } } })
    assert.equal(answer.status, 403)
    assert.ok(!answer.text.includes('private'))
    const anonymous = await request('POST', '/v1/articles', { body: { data: { id: idOf(word) } }, auth: null })
    assert.equal(anonymous.status, 401)
    assert.equal((await request('POST', '/v1/articles', { body: { data: { id: idOf(word) } }, auth: other('alice') })).status, 200)
  },
)

scenario('R10.6: write on a collection does not allow creating', async ({ request, service, other }) => {
  const writer = other('writer')
  await service.app.permission.replace({ parentId: '', uri: '/closeds' }, { write: [principalOf(writer)] })
  for (const [method, path] of [
    ['POST', '/v1/closeds'],
    ['PUT', `/v1/closeds/${uuid(7)}`],
  ] as const) {
    assert.equal((await request(method, path, { body: {}, auth: writer })).status, 403)
  }
  assert.equal((await request('DELETE', '/v1/closeds', { auth: writer })).status, 200)
  assert.equal((await request('GET', '/v1/closeds', { auth: writer })).status, 200)
  await service.app.permission.replace({ parentId: '', uri: '/closeds' }, { write: [] })
})

scenario('R10.7: who may create sees an empty list, who may not is 403, who is nobody 401', async ({ request, other, service }) => {
  assert.deepEqual((await request('GET', '/v1/articles', { auth: other('bob') })).records, [])
  assert.equal((await request('HEAD', '/v1/articles', { auth: other('bob') })).headers['total-records'], '0')
  assert.equal((await request('GET', '/v1/closeds', { auth: other('bob') })).status, 403)
  assert.equal((await request('DELETE', '/v1/closeds', { auth: other('bob') })).status, 403)
  assert.equal((await request('GET', '/v1/closeds', { auth: null })).status, 401)
  assert.equal((await request('GET', '/v1/articles', { auth: null })).status, 401)
  await service.app.permission.replace({ parentId: '', uri: '' }, { 'closed:create': [principalOf(other('carol'))] })
  assert.deepEqual((await request('GET', '/v1/closeds', { auth: other('carol') })).records, [])
  assert.equal((await request('POST', '/v1/closeds', { body: {}, auth: other('carol') })).status, 403)
})

/** R10.3's table for somebody without any grant: the status of each request, for a record that is there and one that is not. */
const refusals = [
  ['GET', {}, 403, 403],
  ['HEAD', {}, 403, 403],
  ['PUT', { body: {} }, 403, 201],
  ['PUT', { body: {}, headers: { 'if-none-match': '*' } }, 412, 201],
  ['PATCH', { body: { data: {} } }, 403, 403],
  ['DELETE', {}, 403, 403],
] as const

scenario(
  'R10.3 R3.10 R3.11: without a grant 403 for somebody and 401 for nobody, also where there is no record',
  async ({ request, word, other }) => {
    for (const [method, sent, there, absent] of refusals) {
      for (const [exists, expected] of [
        [true, there],
        [false, absent],
      ] as const) {
        await request('DELETE', article(word), { auth: other('alice') })
        await request('DELETE', article(word))
        if (exists) await request('PUT', article(word), { body: { data: { title: 'private' } }, auth: other('alice') })
        const what = `${method} of a record that is ${exists ? '' : 'not '}there`
        const anonymous = await request(method, article(word), { ...sent, auth: null })
        assert.equal(anonymous.status, 401, what)
        const answer = await request(method, article(word), sent)
        assert.equal(answer.status, expected, what)
        assert.ok(!answer.text.includes('private'))
        if (expected === 412) assert.deepEqual([answer.body.errno, answer.body.details], [114, undefined])
      }
    }
  },
)

scenario('R10.3: who may read the collection learns that a record is not there', async ({ request, word, other, service }) => {
  await service.app.permission.addUserPrincipal(principalOf(other('bob')), 'group:readers')
  const path = `/v1/users/${word}/desks/${uuid(1)}`
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    assert.equal((await request(method, path, { auth: other('bob'), body: { data: {} } })).status, 404, method)
    assert.equal((await request(method, path, { auth: other('eve'), body: { data: {} } })).status, 403, method)
  }
})

scenario('R10.10: anonymous requests are granted through system.Everyone, logged-in ones through system.Authenticated', async (play) => {
  const { request, word, other } = play
  await request('PUT', article(word), { body: { permissions: { read: ['system.Authenticated'] } } })
  assert.equal((await request('GET', article(word), { auth: other('bob') })).status, 200)
  assert.equal((await request('GET', article(word), { auth: null })).status, 401)
  await request('PATCH', article(word), { body: { permissions: { read: ['system.Everyone'] } } })
  assert.equal((await request('GET', article(word), { auth: null })).status, 200)
  assert.equal((await request('GET', article(word), { auth: other('bob') })).status, 200)
  assert.equal((await request('PATCH', article(word), { auth: null, body: { data: {} } })).status, 401)
  const anonymous = await request('POST', '/v1/opens', { body: {}, auth: null })
  assert.deepEqual([anonymous.status, permissionsOf(anonymous)], [201, { write: ['system.Everyone'] }])
})
