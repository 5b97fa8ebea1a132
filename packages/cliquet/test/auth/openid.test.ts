import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT, UnsecuredJWT } from 'jose'
import { createHeldClock } from '../../src/testing/index.ts'
import { batch, statuses } from '../protocol/batch-exchange.ts'
import { basicAuth } from '../protocol/service-under-test.ts'
import type { IdentityProvider, Minting } from './identity-provider.ts'
import { assertRefused, openidSettings, openWithProvider } from './service-with-provider.ts'

const open = await openWithProvider()
const { provider, userOf, notes } = open

test('R4.6: a valid token logs in, and the user id is the prefixed `sub`', async () => {
  assert.equal(await userOf(await provider.mint()), 'google:mat')
  assert.equal((await notes(await provider.mint())).status, 200)
  const { status, body } = await open.request('POST', '/v1/notes', {
    auth: null,
    headers: { authorization: `bEaReR ${await provider.mint({ claims: { sub: 'bob' } })}` },
    body: { data: { text: 'mine' } },
  })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal((await notes(await provider.mint({ claims: { sub: 'bob' } }))).records.length, 1)
  assert.equal((await notes(await provider.mint())).records.length, 0)
})

test('R4.4 R2.2: hello shows the profile that userinfo tells, and principals without groups are the usual three', async () => {
  provider.profiles.set('ann', { sub: 'ann', name: 'Ann', groups: ['a'] })
  const { body } = await open.hello(await provider.mint({ claims: { sub: 'ann' } }))
  assert.deepEqual(body.user, {
    id: 'google:ann',
    principals: ['google:ann', 'system.Everyone', 'system.Authenticated'],
    profile: { sub: 'ann', name: 'Ann', groups: ['a'] },
  })
})

const soon = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

const refused: [string, (from: IdentityProvider) => Minting['claims']][] = [
  ['that has expired', () => ({ exp: soon(-120) })],
  ['that is not valid yet', () => ({ nbf: soon(120) })],
  ['that never expires', () => ({ exp: undefined })],
  ['for another audience', () => ({ aud: 'another-client' })],
  ['for a list of other audiences', () => ({ aud: ['another-client', 'our-client-too'] })],
  ['without audience', () => ({ aud: undefined })],
  ['of another issuer', () => ({ iss: 'https://other.example' })],
  ['of an issuer that differs in the final slash', ({ issuer }) => ({ iss: `${issuer}/` })],
  ['without issuer', () => ({ iss: undefined })],
  ['without `sub`', () => ({ sub: undefined })],
  ['with a `sub` that could not be stored', () => ({ sub: 'a\u0000b' })],
]
for (const [what, claims] of refused) {
  test(`R4.6 R4.3: a token ${what} is refused, and anonymous on public endpoints`, async () => {
    const token = await provider.mint({ claims: claims(provider) ?? {} })
    assertRefused(await notes(token))
    assert.equal(await userOf(token), undefined)
  })
}

test('R4.6: one of several audiences is enough, and clocks may differ by a minute', async () => {
  assert.equal(await userOf(await provider.mint({ claims: { aud: ['other', provider.clientId] } })), 'google:mat')
  assert.equal(await userOf(await provider.mint({ claims: { exp: soon(-40) } })), 'google:mat')
  assert.equal(await userOf(await provider.mint({ claims: { nbf: soon(40) } })), 'google:mat')
})

test('R4.6: the clock skew is a setting', async () => {
  const strict = await openWithProvider({ provider, policy: { clock_skew_seconds: 1 } })
  assertRefused(await strict.notes(await provider.mint({ claims: { exp: soon(-40) } })))
  assert.equal(await strict.userOf(await provider.mint()), 'google:mat')
})

test('R4.6: tokens that are not signed with a key pair are refused: none, and a secret that is the public key', async () => {
  const claims = { iss: provider.issuer, sub: 'mat', aud: provider.clientId, exp: soon(300) }
  const unsigned = new UnsecuredJWT(claims).encode()
  const jwks: unknown = await (await fetch(`${provider.issuer}/jwks`)).json()
  const withSecret = async (secret: string): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-0' }).sign(new TextEncoder().encode(secret))
  const before = provider.total()
  for (const token of [unsigned, `${unsigned}AA`, await withSecret(JSON.stringify(jwks)), await withSecret(provider.clientSecret)]) {
    assertRefused(await notes(token))
  }
  const [header = '', payload = ''] = (await provider.mint()).split('.')
  assertRefused(await notes(`${header}.${payload}.${'A'.repeat(86)}`))
  assert.equal(provider.total(), before, 'nobody is asked about them')
})

test('R4.6: a token signed for another purpose, such as a logout, logs nobody in', async () => {
  assertRefused(await notes(await provider.mint({ typ: 'logout+jwt' })))
  assert.equal(await userOf(await provider.mint({ typ: 'at+jwt' })), 'google:mat')
})

test('R4.3: malformed credentials and foreign schemes are anonymous, and nobody is asked about them', async () => {
  const token = await provider.mint()
  const before = provider.total()
  const malformed = [
    'Bearer',
    'Bearer ',
    `Bearer ${token} more`,
    `Bearer ä${token}`,
    `Bearer${token}`,
    `Bearer\t${token}`,
    `Basic ${token}`,
    basicAuth('mat:secret'),
    token,
    `Bearer "${token}"`,
    `Bearer ${token},`,
  ]
  for (const authorization of malformed) {
    const { status, body } = await open.request('GET', '/v1/notes', {
      auth: null,
      headers: { authorization: Buffer.from(authorization).toString('latin1') },
    })
    assert.deepEqual([status, body.errno], [401, 104], authorization)
  }
  assert.equal(provider.total(), before)
})

test('R4.3: a token that is too long is refused without a look at it', async () => {
  const token = await provider.mint({ claims: { sub: 'mat', padding: 'x'.repeat(8000) } })
  const before = provider.total()
  assertRefused(await notes(token))
  assertRefused(await notes('x'.repeat(9000)))
  assert.equal(provider.total(), before)
})

test('R4.6: a revoked token, whose signature is still good, is refused by the provider', async () => {
  const token = await provider.mint()
  provider.revoked.add(token)
  assertRefused(await notes(token))
})

test('R4.6: a profile of another user than the token’s is not believed', async () => {
  provider.profiles.set('mallory', { sub: 'mat' })
  assertRefused(await notes(await provider.mint({ claims: { sub: 'mallory' } })))
})

test('R4.6: `userid_field` names the member that is the user id; an address that nobody has verified is none', async () => {
  const byMail = await openWithProvider({ provider, policy: { userid_field: 'email' } })
  provider.profiles.set('eva', { sub: 'eva', email: 'eva@example.org', email_verified: true })
  provider.profiles.set('eve', { sub: 'eve', email: 'eva@example.org', email_verified: false })
  assert.equal(await byMail.userOf(await provider.mint({ claims: { sub: 'eva' } })), 'google:eva@example.org')
  assert.equal(await byMail.userOf(await provider.mint({ claims: { sub: 'eve' } })), undefined)
  assert.equal(await byMail.userOf(await provider.mint()), undefined)
})

test('R4.6: with `userinfo = fallback` the provider is asked only for what the token does not tell', async () => {
  const quick = await openWithProvider({ policy: { userinfo: 'fallback', userid_field: 'email' } })
  quick.provider.profiles.set('mat', { sub: 'mat', email: 'mat@example.org' })
  assert.equal(await quick.userOf(await quick.provider.mint({ claims: { email: 'own@example.org' } })), 'google:own@example.org')
  assert.equal(quick.provider.asked.get('/userinfo'), undefined)
  assert.equal(await quick.userOf(await quick.provider.mint()), 'google:mat@example.org')
  assert.equal(quick.provider.asked.get('/userinfo'), 1)
})

test('R4.6: without an audience in the settings, a token that is no JWT is shown to the provider', async () => {
  provider.grants.set('opaque', { sub: 'carl' })
  assert.equal(await userOf('opaque'), 'google:carl')
  assertRefused(await notes('unknown'))
})

test('R4.6: with an audience, tokens must be for it, and a token that does not tell is refused', async () => {
  const strict = await openWithProvider({ provider, policy: { audience: 'the-api' } })
  provider.grants.set('opaque', { sub: 'carl' })
  assert.equal(await strict.userOf(await provider.mint({ claims: { aud: 'the-api' } })), 'google:mat')
  assertRefused(await strict.notes(await provider.mint()))
  const before = provider.total()
  assertRefused(await strict.notes('opaque'))
  assert.equal(provider.total(), before)
})

test('R4.6: `header_type` is the scheme of header and challenge, and hello tells it (upstream defect 35)', async () => {
  const service = await openWithProvider({ provider, policy: { header_type: 'Bearer+OIDC', realm: 'Our "realm"' } })
  const token = await provider.mint()
  const { body } = await service.request('GET', '/v1/', { auth: null, headers: { authorization: `bearer+oidc ${token}` } })
  assert.equal(body.user instanceof Object && 'id' in body.user && body.user.id, 'google:mat')
  assertRefused(await service.notes(token), 'Bearer+OIDC realm="Our \\"realm\\""')
  assert.deepEqual(body.capabilities, {
    openid: {
      description: 'OpenID Connect.',
      url: 'https://openid.net/specs/openid-connect-core-1_0.html',
      providers: [
        {
          name: 'google',
          issuer: provider.issuer,
          auth_path: '/openid/google/login',
          client_id: 'our-client',
          header_type: 'Bearer+OIDC',
          userinfo_endpoint: `${provider.issuer}/userinfo`,
        },
      ],
    },
  })
})

test('R4.6 R2.2: several policies share one capability, and each has its challenge (R3.10)', async () => {
  const settings = {
    'multiauth.policies': 'google Auth0 basicauth',
    ...openidSettings(provider, { audience: 'the-api', header_type: 'Auth0' }, 'Auth0'),
  }
  const service = await openWithProvider({ provider, settings })
  const { body } = await service.hello(undefined)
  const { openid, basicauth } = body.capabilities as Record<string, { providers?: Record<string, unknown>[] }> // R2.2
  assert.deepEqual(
    openid?.providers?.map(({ name, audience, header_type }) => [name, audience, header_type]),
    [
      ['google', undefined, 'Bearer'],
      ['auth0', 'the-api', 'Auth0'],
    ],
  )
  assert.ok(basicauth)
  assertRefused(await service.notes('x'), 'Bearer realm="Realm", Auth0 realm="Realm", Basic realm="Realm"')
  const token = await provider.mint({ claims: { aud: 'the-api' } })
  const { body: auth0 } = await service.request('GET', '/v1/', { auth: null, headers: { authorization: `Auth0 ${token}` } })
  assert.equal(auth0.user instanceof Object && 'id' in auth0.user && auth0.user.id, 'auth0:mat', 'R4.2: the name in lower case')
})

test('R4.1: a token goes to the policy of its issuer, whatever the order, and no other provider sees it', async () => {
  const service = await openWithProvider()
  const other = await openWithProvider()
  const settings = {
    'multiauth.policies': 'one two',
    ...openidSettings(service.provider, {}, 'one'),
    ...openidSettings(other.provider, {}, 'two'),
  }
  const both = await openWithProvider({ provider: service.provider, settings: { ...settings } })
  const before = service.provider.total()
  assert.equal(await both.userOf(await other.provider.mint()), 'two:mat')
  assert.equal(service.provider.total(), before)
  assert.equal(await both.userOf(await service.provider.mint()), 'one:mat')
})

test('R4.8: groups are principals, from the token and from userinfo, behind the user id', async () => {
  const service = await openWithProvider({ policy: { groups_claim: 'groups' }, settings: { page_create_principals: 'group:editors' } })
  service.provider.profiles.set('mat', { sub: 'mat', groups: ['staff', 7, '', 'a\nb', 'editors'] })
  const token = await service.provider.mint({ claims: { groups: ['editors'] } })
  const principals = ['google:mat', 'group:editors', 'group:staff', 'system.Everyone', 'system.Authenticated']
  for (let i = 0; i < 2; i += 1) {
    const { body } = await service.hello(token)
    assert.deepEqual(body.user instanceof Object && 'principals' in body.user && body.user.principals, principals)
  }
  const create = async (claims: Minting['claims']) =>
    (
      await service.request('POST', '/v1/pages', {
        auth: null,
        headers: { authorization: `Bearer ${await service.provider.mint({ claims: claims ?? {} })}` },
        body: {},
      })
    ).status
  assert.equal(await create({ groups: 'editors', sub: 'one' }), 201)
  assert.equal(await create({ groups: ['readers'], sub: 'two' }), 403)
})

test('R4.8: dotted claims and a prefix of their own keep the groups of two providers apart', async () => {
  const service = await openWithProvider({
    policy: { groups_claim: 'realm_access.roles', groups_prefix: 'google/group:', userinfo: 'fallback' },
  })
  const { body } = await service.hello(await service.provider.mint({ claims: { realm_access: { roles: ['admin'] } } }))
  assert.deepEqual(body.user instanceof Object && 'principals' in body.user && body.user.principals, [
    'google:mat',
    'google/group:admin',
    'system.Everyone',
    'system.Authenticated',
  ])
})

test('R4.6: required scopes must be in the token', async () => {
  const service = await openWithProvider({ policy: { required_scope: 'notes pages' } })
  assert.equal(await service.userOf(await service.provider.mint({ claims: { scope: 'openid pages notes' } })), 'google:mat')
  assertRefused(await service.notes(await service.provider.mint({ claims: { scope: 'openid notes' } })))
  assertRefused(await service.notes(await service.provider.mint()))
})

test('R4.6: HEAD is authenticated like GET', async () => {
  const headers = { authorization: `Bearer ${await provider.mint()}` }
  assert.equal((await open.request('HEAD', '/v1/notes', { auth: null, headers })).status, 200)
  assert.equal((await open.request('HEAD', '/v1/notes', { auth: null, headers: { authorization: 'Bearer x' } })).status, 401)
})

test('R11.1: a batch verifies each token once; groups of a token are those of its own requests', async () => {
  const service = await openWithProvider({ policy: { groups_claim: 'groups', userinfo: 'fallback' } })
  const { provider: own } = service
  const mat = `Bearer ${await own.mint({ claims: { groups: ['a'] } })}`
  const alsoMat = `Bearer ${await own.mint({ claims: { groups: ['b'] } })}`
  const requests = [
    { path: '/' },
    { path: '/notes' },
    { path: '/', headers: { Authorization: alsoMat } },
    { path: '/' },
    { path: '/notes', headers: { Authorization: 'Bearer forged' } },
    { path: '/notes', headers: { Authorization: 'Bearer forged' } },
    { path: '/', headers: { Authorization: alsoMat } },
  ]
  const parts = await batch(service.request, requests, { auth: null, headers: { authorization: mat } })
  assert.deepEqual(statuses(parts), [200, 200, 200, 200, 401, 401, 200])
  const group = (index: number): unknown => {
    const user = parts[index]?.body.user
    return user instanceof Object && 'principals' in user && Array.isArray(user.principals) ? user.principals[1] : undefined
  }
  assert.deepEqual([group(0), group(2), group(3), group(6)], ['group:a', 'group:b', 'group:a', 'group:b'])
  assert.equal(own.asked.get('/userinfo'), 1, 'the forged token, once')
})

test('R4.6: a verified token is not verified again for `verification_ttl_seconds`, and never beyond its own end', async () => {
  const clock = createHeldClock(Date.now())
  const service = await openWithProvider({ clock, policy: { verification_ttl_seconds: 100, clock_skew_seconds: 10 } })
  const { provider: own } = service
  const seconds = Math.floor(clock() / 1000)
  const long = await own.mint({ claims: { exp: seconds + 1000 } })
  const short = await own.mint({ claims: { exp: seconds + 50, sub: 'bob' } })
  const asked = (): number => own.asked.get('/userinfo') ?? 0
  const use = async (): Promise<unknown> => [await service.userOf(long), await service.userOf(short), asked()]
  assert.deepEqual(await use(), ['google:mat', 'google:bob', 2])
  clock.advance(58_000)
  assert.deepEqual(await use(), ['google:mat', 'google:bob', 2])
  clock.advance(3000)
  assert.deepEqual(await use(), ['google:mat', undefined, 2], 'expired while cached')
  clock.advance(40_000)
  assert.deepEqual(await use(), ['google:mat', undefined, 3])
  own.revoked.add(long)
  clock.advance(99_000)
  assert.deepEqual(await use(), ['google:mat', undefined, 3])
  clock.advance(2000)
  assert.deepEqual(await use(), [undefined, undefined, 4])
})
