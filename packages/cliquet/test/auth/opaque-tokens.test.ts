import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeldClock } from '../../src/testing/index.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'
import { assertRefused, assertUnavailable, type Opened, openWithProvider, policySettings } from './service-with-provider.ts'

const seconds = (): number => Math.floor(Date.now() / 1000)

interface Options {
  readonly settings?: Readonly<Record<string, unknown>>
  readonly clock?: ReturnType<typeof createHeldClock>
}

/** A service whose only policy asks about tokens as RFC 7662 has it. */
async function openOauth({ settings, clock }: Options = {}): Promise<Opened> {
  const provider = await startIdentityProvider()
  const own = {
    introspection_endpoint: `${provider.issuer}/introspect`,
    client_id: provider.clientId,
    client_secret: provider.clientSecret,
  }
  return openWithProvider({
    provider,
    ...(clock === undefined ? {} : { clock }),
    settings: { 'multiauth.policies': 'oauth', ...policySettings('oauth', { ...own, ...settings }) },
  })
}

/** A service whose only policy is Firefox Accounts. */
async function openFxa({ settings, clock }: Options = {}): Promise<Opened> {
  const provider = await startIdentityProvider()
  return openWithProvider({
    provider,
    ...(clock === undefined ? {} : { clock }),
    settings: { 'multiauth.policies': 'fxa', ...policySettings('fxa', { oauth_uri: `${provider.issuer}/v1`, ...settings }) },
  })
}

const grant = ({ grants }: IdentityProvider, token: string, rest: object = {}): void => {
  grants.set(token, { sub: 'mat', scope: 'profile notes', ...rest })
}

test('RFC 7662: an active token logs in, and is not asked about again', async () => {
  const { provider, userOf, notes } = await openOauth()
  grant(provider, 'one')
  assert.equal(await userOf('one'), 'oauth:mat')
  assert.equal((await notes('one')).status, 200)
  const [request] = provider.requests
  assert.deepEqual([request?.path, request?.body], ['/introspect', 'token=one&token_type_hint=access_token'])
  assert.equal(provider.total(), 1)
})

test('RFC 7662: unknown and revoked tokens, those of another issuer or audience, and those without scope or user are refused', async () => {
  const { provider, notes, userOf } = await openOauth({
    settings: { audience: 'the-api', required_scope: 'notes', issuer: 'https://issuer.example' },
  })
  const good = { aud: ['the-api'], iss: 'https://issuer.example' }
  grant(provider, 'good', good)
  grant(provider, 'revoked', good)
  grant(provider, 'foreign', { ...good, iss: 'https://other.example' })
  grant(provider, 'others', { ...good, aud: 'another-api' })
  grant(provider, 'everybodys', { iss: good.iss })
  grant(provider, 'narrow', { ...good, scope: 'profile notes2' })
  grant(provider, 'nobody', { ...good, sub: '' })
  provider.revoked.add('revoked')
  assert.equal(await userOf('good'), 'oauth:mat')
  for (const token of ['unknown', 'revoked', 'foreign', 'others', 'everybodys', 'narrow', 'nobody']) assertRefused(await notes(token))
})

test('RFC 7662: a verification ends with the token', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, userOf } = await openOauth({ clock })
  grant(provider, 'short', { exp: seconds() + 30 })
  assert.equal(await userOf('short'), 'oauth:mat')
  provider.revoked.add('short')
  assert.equal(await userOf('short'), 'oauth:mat')
  clock.advance(31_000)
  assert.equal(await userOf('short'), undefined)
})

test('RFC 7662: a provider that refuses our own credentials, or is away, is no reason for 401', async () => {
  const wrong = await openOauth({ settings: { client_secret: 'wrong' } })
  grant(wrong.provider, 'one')
  assertUnavailable(await wrong.notes('one'))
  await wrong.provider.stop()
  assertUnavailable(await wrong.notes('one'))
})

test('RFC 6749 §2.3.1: odd characters in our credentials are encoded', async () => {
  const { provider, notes } = await openOauth({ settings: { client_secret: 's p:ä%' } })
  await notes('one')
  assert.equal(provider.requests[0]?.authorization, `Basic ${Buffer.from('our-client:s+p%3A%C3%A4%25').toString('base64')}`)
})

test('R4.6: an OpenID Connect policy can have opaque tokens introspected, for its audience', async () => {
  const provider = await startIdentityProvider()
  const policy = { opaque_tokens: 'introspection', client_secret: provider.clientSecret, audience: 'the-api' }
  const { userOf, notes } = await openWithProvider({ provider, policy })
  grant(provider, 'ours', { aud: 'the-api' })
  grant(provider, 'others', { aud: 'another-api' })
  assert.equal(await userOf('ours'), 'google:mat')
  assertRefused(await notes('others'))
  assert.equal(provider.asked.get('/userinfo'), undefined)
})

test('Firefox Accounts: a token with the scope logs in as the account, other tokens do not', async () => {
  const { provider, userOf, notes } = await openFxa({ settings: { required_scope: 'profile notes' } })
  grant(provider, 'good')
  grant(provider, 'narrow', { scope: 'profile' })
  assert.equal(await userOf('good'), 'fxa:mat')
  assertRefused(await notes('narrow'))
  assertRefused(await notes('unknown'))
  assert.deepEqual(provider.requests[0], { path: '/v1/verify', authorization: undefined, body: '{"token":"good"}' })
})

test('Firefox Accounts: the scope is `profile`, and the user ids begin with `fxa`, unless the settings say otherwise', async () => {
  const usual = await openFxa()
  grant(usual.provider, 'one', { scope: 'profile' })
  grant(usual.provider, 'two', { scope: 'profile:email' })
  assert.equal(await usual.userOf('one'), 'fxa:mat')
  assertRefused(await usual.notes('two'))
  const own = await openFxa({ settings: { prefix: 'firefox', required_scope: 'profile:email' } })
  grant(own.provider, 'two', { scope: 'profile:email' })
  assert.equal(await own.userOf('two'), 'firefox:mat')
})

test('Firefox Accounts: verifications count for `cache_ttl_seconds`, also while the server is down', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, userOf, notes } = await openFxa({ clock, settings: { cache_ttl_seconds: 60 } })
  grant(provider, 'one')
  grant(provider, 'two')
  assert.equal(await userOf('one'), 'fxa:mat')
  await provider.stop()
  clock.advance(59_000)
  assert.equal(await userOf('one'), 'fxa:mat')
  assertUnavailable(await notes('two'))
  clock.advance(2000)
  assertUnavailable(await notes('one'))
  await provider.start()
  provider.revoked.add('one')
  assertRefused(await notes('one'))
})

test('Firefox Accounts: hello tells the capability `fxa`, the heartbeat has `oauth`, and 401 a challenge', async () => {
  const { provider, request, notes } = await openFxa({ settings: { realm: 'Accounts' } })
  const { capabilities } = (await request('GET', '/v1/', { auth: null })).body
  assert.deepEqual(Object.keys(capabilities instanceof Object ? capabilities : {}), ['fxa'])
  const well = { storage: true, permission: true, cache: true }
  assert.deepEqual((await request('GET', '/v1/__heartbeat__')).body, { ...well, oauth: true })
  assert.equal(provider.asked.get('/__heartbeat__'), 1)
  assertRefused(await notes('x'), 'Bearer realm="Accounts"')
})

test('Firefox Accounts: two policies keep the users of two scopes apart', async () => {
  const provider = await startIdentityProvider()
  const oauth_uri = provider.issuer
  const use = 'cliquet/auth/fxa'
  const { userOf, request } = await openWithProvider({
    provider,
    settings: {
      'multiauth.policies': 'notes todo',
      ...policySettings('notes', { use, oauth_uri, required_scope: 'app-notes' }),
      ...policySettings('todo', { use, oauth_uri, required_scope: 'app-todo' }),
    },
  })
  grant(provider, 'one', { scope: 'app-notes' })
  grant(provider, 'two', { scope: 'app-todo' })
  assert.deepEqual([await userOf('one'), await userOf('two')], ['notes:mat', 'todo:mat'])
  const { body } = await request('GET', '/v1/__heartbeat__')
  assert.deepEqual([body.oauth, body.todo], [true, true])
})
