import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { type AuthenticationPolicy, type Service, Type } from '../../src/index.ts'
import { backends, principalOf, scenarios, uuid } from '../resource/http/scenario.ts'
import { batch, only, type PartBody, statuses } from './batch-exchange.ts'
import { basicAuth, openService, usableBackends } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('article', { schema: { title: Type.String({ default: '' }) } })
  service.resource('sheet', { schema: {}, shared: true })
  service.views(async (app) => {
    app.get('/me', async ({ userId, principals }) => ({ userId, principals }))
  })
}
const settings = { sheet_create_principals: 'system.Authenticated' }
const scenario = await scenarios({ prepare, settings })
const as = (credentials: string) => ({ headers: { Authorization: basicAuth(credentials) } })

scenario('R11.1: a batch is public, its requests are authenticated each by itself', async ({ request, other }) => {
  const requests = [
    { path: '/articles' },
    { path: '/' },
    { path: '/articles', ...as(other('bob')) },
    { path: '/articles' },
    { path: '/me' },
  ]
  const parts = await batch(request, requests, { auth: null })
  assert.deepEqual(statuses(parts), [401, 200, 200, 401, 401])
  assert.match(parts[0]?.headers['www-authenticate'] ?? '', /^Basic realm=/)
  assert.equal(parts[0]?.body.errno, 104)
})

scenario('R11.1: another Authorization in one request makes it somebody else, and only that one', async ({ request, user, other }) => {
  const bob = other('bob')
  const parts = await batch(request, [
    { path: '/me' },
    { path: '/me', ...as(bob) },
    { path: '/me' },
    { path: '/me', headers: { AUTHORIZATION: basicAuth(bob) } },
  ])
  assert.deepEqual(
    parts.map(({ body }) => body.userId),
    [principalOf(user), principalOf(bob), principalOf(user), principalOf(bob)],
  )
  const hello = await batch(request, [{ path: '/', ...as(bob) }, { path: '/' }])
  assert.deepEqual(
    hello.map(({ body }) => (body.user as PartBody).id), // hello tells who asks
    [principalOf(bob), principalOf(user)],
  )
})

scenario("R11.1 R10.1: each request reads and writes its own user's records", async ({ request, user, other }) => {
  const bob = other('bob')
  const path = `/articles/${uuid(1)}`
  const parts = await batch(request, [
    { method: 'PUT', path, body: { data: { title: 'mine' } } },
    { path, ...as(bob) },
    { method: 'PUT', path, body: { data: { title: 'theirs' } }, ...as(bob) },
    { path },
    { method: 'DELETE', path: '/articles', ...as(bob) },
    { path },
  ])
  assert.deepEqual(statuses(parts), [201, 404, 201, 200, 200, 200])
  assert.equal(parts[3]?.body.data?.title, 'mine')
  assert.equal((await request('GET', `/v1${path}`, { auth: user })).record.title, 'mine')
  assert.equal((await request('GET', `/v1${path}`, { auth: bob })).status, 404)
})

scenario('R11.1: a request of a batch may do what it may alone, not more', async ({ request, backend, other }) => {
  const path = `/v1/sheets/${uuid(1 + backends.indexOf(backend))}`
  await request('PUT', path, { body: {} })
  const bob = as(other('bob'))
  const parts = await batch(request, [
    { path },
    { path, ...bob },
    { method: 'DELETE', path, ...bob },
    { method: 'PATCH', path, body: { permissions: { write: [principalOf(other('bob'))] } }, ...bob },
    { path, headers: { Authorization: '' } },
    { path, headers: { Authorization: 'Basic !' } },
    { path },
  ])
  assert.deepEqual(statuses(parts), [200, 403, 403, 403, 401, 401, 200])
})

const counting = (): AuthenticationPolicy & { readonly calls: readonly unknown[] } => {
  const calls: unknown[] = []
  return {
    name: 'token',
    challenge: 'Token realm="Realm"',
    calls,
    async authenticate(headers) {
      calls.push(headers.authorization)
      return headers.authorization?.startsWith('Token ') ? headers.authorization.slice(6) : undefined
    },
  }
}

for (const backend of usableBackends) {
  test(`R11.1 R4.4: one batch authenticates once for each credentials, and finds principals once for each user (${backend})`, async () => {
    const policy = counting()
    const { request, service } = await openService({
      prepare,
      backend,
      settings: { ...settings, 'multiauth.policies': 'token' },
      policies: [policy],
    })
    const looked = mock.method(service.app.permission, 'principalsOf')
    const headers = { authorization: 'Token mat' }
    const bob = { headers: { Authorization: 'Token bob' } }
    const six = [1, 2, 3, 4, 5, 6].map((id) => ({ method: 'PUT', path: `/sheets/${uuid(id)}` }))
    const parts = await batch(
      request,
      [...six, { path: '/me' }, { path: '/me', ...bob }, { path: '/sheets', ...bob }, ...six, { path: '/me' }],
      {
        headers,
        auth: null,
      },
    )
    assert.deepEqual(parts.at(-1)?.body.userId, 'token:mat')
    assert.deepEqual(parts[7]?.body.userId, 'token:bob')
    const ofParts = policy.calls.slice(policy.calls.length > 2 ? 1 : 0)
    assert.deepEqual([...ofParts].sort(), ['Token bob', 'Token mat'])
    const users = looked.mock.calls.map(({ arguments: [userId] }) => userId)
    for (const userId of ['token:mat', 'token:bob']) assert.equal(users.filter((name) => name === userId).length, 1, userId)
    await batch(request, [{ path: '/me' }], { headers, auth: null })
    assert.equal(looked.mock.calls.filter(({ arguments: [userId] }) => userId === 'token:mat').length, 2)
  })
}

test('R11.1: a policy that reads another header recognises each request by that one', async () => {
  const byKey: AuthenticationPolicy = {
    name: 'key',
    challenge: 'Key realm="Realm"',
    authenticate: ({ 'x-key': value }) => (typeof value === 'string' ? value : undefined),
  }
  const { request } = await openService({ prepare, settings: { ...settings, 'multiauth.policies': 'key' }, policies: [byKey] })
  const key = (value: string) => ({ path: '/me', headers: { 'X-Key': value } })
  const parts = await batch(request, [{ path: '/me' }, key('mat'), key('bob'), { path: '/me' }, key('mat')], { auth: null })
  assert.deepEqual(
    parts.map(({ body }) => body.userId),
    [undefined, 'key:mat', 'key:bob', undefined, 'key:mat'],
  )
})

test('R11.1 R4.4: groups that change between batches count in the next one', async () => {
  const { request, service } = await openService({ prepare, settings })
  const principals = async () => (await only(request, { path: '/me' })).body.principals as string[] // the view sends them
  assert.equal((await principals()).includes('group:a'), false)
  await service.app.permission.addUserPrincipal(principalOf('mat:secret'), 'group:a')
  assert.equal((await principals()).includes('group:a'), true)
})
