import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { type AuthenticationPolicy, type Service, Type } from '../../src/index.ts'
import { basicAuth, openService, type ServiceUnderTest } from './service-under-test.ts'

const prepare = (service: Service): void => {
  service.resource('note', { schema: { text: Type.String() } })
}

const open = await openService({ prepare })

/** The user of hello for an `Authorization` header. */
async function userOf({ request }: ServiceUnderTest, authorization: string | Buffer | undefined): Promise<unknown> {
  const { status, body } = await request('GET', '/v1/', { auth: null, headers: { authorization: authorization?.toString('latin1') } })
  assert.equal(status, 200)
  return body.user instanceof Object && 'id' in body.user ? body.user.id : undefined
}

const userId = (credentials: string | Buffer, secret = ''): string =>
  `basicauth:${createHmac('sha256', secret).update(credentials).digest('hex')}`

test('R4.5: the test vectors of Basic Auth with an empty secret', async () => {
  assert.equal(await userOf(open, basicAuth('mat:secret')), 'basicauth:8a931a10fc88ab2f6d1cc02a07d3a81b5d4768f6f13e85c5d8d4180419acb1b4')
  assert.equal(await userOf(open, basicAuth('bob:')), 'basicauth:1ba97908a539ac8e47b4d9d554e9d3eafcd9be062a4f1741fff94f98463788b2')
})

test('R4.5: the scheme has no case, the password may be empty, contain colons and be UTF-8 or Latin-1', async () => {
  const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
  assert.equal(await userOf(open, `bAsIc ${base64('mat:secret')}`), userId('mat:secret'))
  assert.equal(await userOf(open, `BASIC ${base64('mat:a:b:c')}`), userId('mat:a:b:c'))
  assert.equal(await userOf(open, `Basic ${base64('mät:pässwörd €')}`), userId('mät:pässwörd €'))
  assert.equal(await userOf(open, `Basic ${base64(Buffer.from('mät:ö', 'latin1'))}`), userId('mät:ö'))
})

test('R4.5: another password or another secret makes another user', async () => {
  const other = await openService({ settings: { userid_hmac_secret: 'a secret' } })
  assert.equal(await userOf(other, basicAuth('mat:secret')), userId('mat:secret', 'a secret'))
  const ids = new Set([
    await userOf(open, basicAuth('mat:secret')),
    await userOf(other, basicAuth('mat:secret')),
    await userOf(open, basicAuth('mat:other')),
  ])
  assert.equal(ids.size, 3)
})

test('R4.3 R4.5: malformed credentials and unknown schemes are anonymous, not errors', async () => {
  const malformed = [
    'Basic',
    'Basic ',
    'Basic !!!',
    `Basic ${Buffer.from('no colon').toString('base64')}`,
    basicAuth(':password'),
    basicAuth(':'),
  ]
  for (const authorization of [
    ...malformed,
    'Bearer abc',
    'Digest username="mat"',
    'Carrier pigeon',
    'Basicmat',
    '',
    undefined,
    'Basic \xff\xfe',
  ]) {
    assert.equal(await userOf(open, authorization), undefined, String(authorization))
    const refused = await open.request('GET', '/v1/notes', { auth: null, headers: { authorization } })
    assert.deepEqual([refused.status, refused.body.errno], [401, 104], String(authorization))
  }
})

test('R4.5: a user sees their own records and nobody else’s', async () => {
  await open.request('POST', '/v1/notes', { body: { data: { text: 'mine' } } })
  assert.equal((await open.request('GET', '/v1/notes')).records.length, 1)
  assert.equal((await open.request('GET', '/v1/notes', { auth: 'mat:other' })).records.length, 0)
})

/** Knows who sends the header `x-{name}`. */
const policy = (name: string, isSlow = false): AuthenticationPolicy => ({
  name,
  challenge: `${name} realm="Realm"`,
  authenticate(headers: IncomingHttpHeaders) {
    const value = headers[`x-${name}`]
    const user = typeof value === 'string' ? value : undefined
    return isSlow ? Promise.resolve(user) : user
  },
})

test('R4.1 R4.2 R4.8: the first policy of the list that knows the user decides, and its name is the prefix', async () => {
  const service = await openService({
    policies: [policy('one'), policy('two', true), policy('three')],
    settings: { 'multiauth.policies': 'three two basicauth' },
  })
  const idOf = async (headers: Record<string, string>): Promise<unknown> => {
    const { user } = (await service.request('GET', '/v1/', { auth: null, headers })).body
    return user instanceof Object && 'id' in user ? user.id : undefined
  }
  assert.equal(await idOf({ 'x-two': 'b', 'x-three': 'c' }), 'three:c')
  assert.equal(await idOf({ 'x-two': 'b', authorization: basicAuth('mat:secret') }), 'two:b')
  assert.equal(await idOf({ authorization: basicAuth('mat:secret') }), userId('mat:secret'))
  assert.equal(await idOf({ 'x-one': 'a' }), undefined)
})

test('R4.1: the list of policies may be empty: everybody is anonymous, and 401 has no challenge', async () => {
  const service = await openService({ prepare, settings: { 'multiauth.policies': '' } })
  assert.equal(await userOf(service, basicAuth('mat:secret')), undefined)
  const refused = await service.request('GET', '/v1/notes')
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, undefined])
})

test('R4.8: policies of the author alone replace Basic Auth', async () => {
  const service = await openService({ prepare, policies: [policy('one')] })
  const refused = await service.request('GET', '/v1/notes')
  assert.deepEqual([refused.status, refused.headers['www-authenticate']], [401, 'one realm="Realm"'])
  assert.equal((await service.request('GET', '/v1/notes', { headers: { 'x-one': 'a' } })).status, 200)
})

test('R4.3: a policy that breaks is no reason to let anybody in', async () => {
  const broken: AuthenticationPolicy = {
    name: 'broken',
    challenge: 'Broken',
    authenticate: () => Promise.reject(new TypeError('secret')),
  }
  const service = await openService({ prepare, policies: [broken] })
  const answer = await service.request('GET', '/v1/notes')
  assert.ok(answer.status === 401 || answer.status === 500)
  assert.doesNotMatch(answer.text, /secret/)
})

test('R4.4: principals are the id first, the groups of the user and of all users, and the two of the system', async () => {
  const { service, request } = await openService()
  const mat = userId('mat:secret')
  const { permission } = service.app
  await permission.addUserPrincipal(mat, 'group:own')
  await permission.addUserPrincipal('system.Authenticated', 'group:all')
  await permission.addUserPrincipal('system.Everyone', 'group:none')
  const { user } = (await request('GET', '/v1/')).body
  assert.deepEqual(user, { id: mat, principals: [mat, 'group:own', 'group:all', 'system.Everyone', 'system.Authenticated'] })
})

test('R4.4: groups are looked up once per user and request, and not for anonymous ones', async () => {
  const { service, request } = await openService({
    prepare: (added) => void added.resource('note', { shared: true, schema: { text: Type.String() } }),
    settings: { note_create_principals: 'system.Everyone' },
  })
  const { permission } = service.app
  const { principalsOf } = permission
  const asked: string[] = []
  permission.principalsOf = (user) => {
    asked.push(user)
    return principalsOf.call(permission, user)
  }
  await request('POST', '/v1/notes', { body: { data: { text: 'a' } } })
  assert.deepEqual(asked.sort(), [userId('mat:secret'), 'system.Authenticated'].sort())
  asked.length = 0
  assert.equal((await request('POST', '/v1/notes', { auth: null, body: { data: { text: 'a' } } })).status, 201)
  assert.deepEqual(asked, [])
})
