import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeldClock } from '../../src/testing/index.ts'
import { batch } from '../protocol/batch-exchange.ts'
import type { Received } from '../protocol/service-under-test.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { assertUnavailable, type Opened, type OpenWithProvider, openidSettings, openWithProvider } from './service-with-provider.ts'

const callback = 'https://app.example/login#tokens='

/** A service whose policy `google` sends users back to two addresses. */
async function openLogin({ policy, ...options }: OpenWithProvider = {}): Promise<Opened> {
  const provider = options.provider ?? (await startIdentityProvider())
  const login = { client_secret: provider.clientSecret, login_callbacks: `${callback} https://other.example` }
  return openWithProvider({ ...options, provider, policy: { ...login, ...policy } })
}

const login = ({ request }: Opened, query: Record<string, string>, name = 'google'): Promise<Received> =>
  request('GET', `/v1/openid/${name}/login?${new URLSearchParams(query)}`, { auth: null })

const finish = ({ request }: Opened, query: Record<string, string>, name = 'google'): Promise<Received> =>
  request('GET', `/v1/openid/${name}/token?${new URLSearchParams(query)}`, { auth: null })

/** Where the user is sent. */
function locationOf({ status, headers, text }: Received): URL {
  assert.equal(status, 307, text)
  assert.equal(headers['cache-control'], 'no-store')
  assert.equal(headers['referrer-policy'], 'no-referrer')
  return new URL(headers.location ?? '')
}

function assertInvalid({ status, body }: Received, name: string, errno = 107): void {
  assert.deepEqual([status, body.errno], [400, errno])
  assert.match(JSON.stringify(body.details), new RegExp(`"name":"${name}"`))
}

test('R4.7: a login leads to the provider with a state, and from there back to the callback with the provider’s answer, once', async () => {
  const service = await openLogin()
  const { provider, host } = service
  const there = locationOf(await login(service, { callback, scope: 'openid email' }))
  assert.equal(`${there.origin}${there.pathname}`, `${provider.issuer}/authorize`)
  const { state = '', ...rest } = Object.fromEntries(there.searchParams)
  const redirect = `http://${host}/v1/openid/google/token`
  assert.deepEqual(rest, { tenant: 'a', client_id: 'our-client', response_type: 'code', scope: 'openid email', redirect_uri: redirect })
  assert.match(state, /^[\w-]{43}$/)

  provider.codes.set('the code', null)
  const answer = await finish(service, { code: 'the code', state })
  assert.equal(answer.text, '')
  const { href } = locationOf(answer)
  assert.ok(href.startsWith(callback), href)
  const told = Buffer.from(decodeURIComponent(href.slice(callback.length)), 'base64').toString()
  assert.deepEqual(JSON.parse(told), { access_token: 'from-code', token_type: 'Bearer', note: 'ünïcode >>>???' })
  assert.equal(new URLSearchParams(provider.requests.at(-1)?.body).get('redirect_uri'), redirect)

  provider.codes.set('the code', null)
  assertInvalid(await finish(service, { code: 'the code', state }), 'state', 105)
})

test('R4.7: of concurrent requests with one state a single one gets the token', async () => {
  const service = await openLogin()
  const state = locationOf(await login(service, { callback, scope: 'openid' })).searchParams.get('state') ?? ''
  for (let i = 0; i < 20; i += 1) service.provider.codes.set(`code-${i}`, null)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => finish(service, { code: `code-${i}`, state })))
  assert.equal(answers.filter(({ status }) => status === 307).length, 1)
  assert.equal(answers.filter(({ status }) => status === 400).length, 19)
  assert.equal(service.provider.asked.get('/token'), 1)
})

test('R4.7: unknown states, those of another provider and those that are too old are refused, and nothing is asked for them', async () => {
  const clock = createHeldClock(Date.now())
  const provider = await startIdentityProvider()
  const service = await openLogin({
    provider,
    clock,
    policy: { state_ttl_seconds: 60 },
    settings: { 'multiauth.policies': 'google auth0', ...openidSettings(provider, { login_callbacks: callback }, 'auth0') },
  })
  const state = locationOf(await login(service, { callback, scope: 'openid' })).searchParams.get('state') ?? ''
  assertInvalid(await finish(service, { code: 'c', state: 'unknown' }), 'state', 105)
  assertInvalid(await finish(service, { code: 'c', state: `${state}x` }), 'state', 105)
  assertInvalid(await finish(service, { code: 'c', state }, 'auth0'), 'state', 105)
  clock.advance(61_000)
  assertInvalid(await finish(service, { code: 'c', state }), 'state', 105)
  assert.equal(provider.asked.get('/token'), undefined)
})

test('R4.7: an unknown provider, and parameters that are missing, doubled or wrong, are 400', async () => {
  const service = await openLogin()
  const { request } = service
  assertInvalid(await login(service, { callback, scope: 'openid' }, 'auth0'), 'provider')
  assertInvalid(await finish(service, { code: 'c', state: 's' }, 'auth0'), 'provider')
  assertInvalid(await login(service, { callback, scope: 'openid' }, '__proto__'), 'provider')
  assertInvalid(await login(service, { scope: 'openid' }), 'callback')
  assertInvalid(await login(service, { callback }), 'scope')
  assertInvalid(await login(service, { callback, scope: '' }), 'scope')
  assertInvalid(await login(service, { callback, scope: 'openid', prompt: 'login' }), 'prompt')
  assertInvalid(await request('GET', `/v1/openid/google/login?scope=a&scope=b&callback=${encodeURIComponent(callback)}`), 'scope')
  assertInvalid(await finish(service, { code: 'c' }), 'state')
  assertInvalid(await finish(service, { state: 's', error: 'login_required' }), 'code')
  assert.equal((await request('POST', '/v1/openid/google/login')).status, 405)
})

test('R4.7: `prompt=none`, the audience and a needed scope are sent and asked for', async () => {
  const service = await openLogin({ policy: { audience: 'the-api', userid_field: 'email' } })
  assertInvalid(await login(service, { callback, scope: 'openid emails' }), 'scope')
  const { searchParams } = locationOf(await login(service, { callback, scope: 'openid email', prompt: 'none' }))
  assert.deepEqual([searchParams.get('prompt'), searchParams.get('audience')], ['none', 'the-api'])
})

test('R4.7: callbacks that are not in the allow list are refused: no redirection leads elsewhere (upstream defect 35)', async () => {
  const service = await openLogin()
  const elsewhere = [
    'https://evil.example/',
    'https://app.example/',
    'https://app.example/login',
    'https://app.example/login#tokens',
    'https://app.example/login#tokens=x',
    'https://app.example/login?x#tokens=',
    'http://app.example/login#tokens=',
    'https://app.example:8443/login#tokens=',
    'https://app.example.evil.example/login#tokens=',
    'https://app.example@evil.example/login#tokens=',
    'https://user:pw@other.example/',
    'https://other.example.evil.example/',
    'https://other.example\\@evil.example/',
    'https://other.example:8443/',
    'http://other.example/',
    '//other.example/',
    '/login#tokens=',
    'javascript:alert(1)//https://other.example',
    'https://other.example/\r\nSet-Cookie: a=b',
    ' https://other.example/',
    'other.example',
  ]
  for (const url of elsewhere) assertInvalid(await login(service, { callback: url, scope: 'openid' }), 'callback')
})

test('R4.7: an origin in the allow list stands for all its pages; what comes behind the callback is never part of the host', async () => {
  const service = await openLogin()
  for (const url of ['https://other.example', 'HTTPS://OTHER.example', 'https://other.example:443', 'https://other.example/a/../b?c#d=']) {
    const state = locationOf(await login(service, { callback: url, scope: 'openid' })).searchParams.get('state') ?? ''
    service.provider.codes.set('code', null)
    const { origin } = locationOf(await finish(service, { code: 'code', state }))
    assert.equal(origin, 'https://other.example', url)
  }
})

test('R4.7: without an allow list nobody is sent anywhere', async () => {
  const service = await openWithProvider()
  assertInvalid(await login(service, { callback, scope: 'openid' }), 'callback')
})

test('RFC 7636: a provider that knows challenges is sent one, and the exchange proves it', async () => {
  const provider = await startIdentityProvider()
  provider.configuration = { code_challenge_methods_supported: ['plain', 'S256'] }
  const service = await openLogin({ provider })
  const { searchParams } = locationOf(await login(service, { callback, scope: 'openid' }))
  assert.equal(searchParams.get('code_challenge_method'), 'S256')
  provider.codes.set('code', searchParams.get('code_challenge'))
  assert.equal((await finish(service, { code: 'code', state: searchParams.get('state') ?? '' })).status, 307)
  const other = locationOf(await login(service, { callback, scope: 'openid' })).searchParams
  provider.codes.set('code', searchParams.get('code_challenge'))
  assertInvalid(await finish(service, { code: 'code', state: other.get('state') ?? '' }), 'code', 105)
})

test('R4.7: a code that the provider refuses is 400, a provider that is down 503, and the callback never sees either', async () => {
  const service = await openLogin()
  const stateOf = async (): Promise<string> =>
    locationOf(await login(service, { callback, scope: 'openid' })).searchParams.get('state') ?? ''
  assertInvalid(await finish(service, { code: 'forged', state: await stateOf() }), 'code', 105)
  const state = await stateOf()
  service.provider.broken = (response) => void response.writeHead(500).end('{"secret":1}')
  const answer = await finish(service, { code: 'c', state })
  assertUnavailable(answer)
  assert.doesNotMatch(answer.text, /secret/)
})

test('R4.7: what the cache holds of a login is found by a hash of the state', async () => {
  const service = await openLogin()
  const { cache } = service.service.app
  const keys: string[] = []
  const { set } = cache
  cache.set = (key, value, ttl) => {
    keys.push(`${key} ${JSON.stringify(value)}`)
    return set.call(cache, key, value, ttl)
  }
  const state = locationOf(await login(service, { callback, scope: 'openid' })).searchParams.get('state') ?? ''
  assert.match(keys[0] ?? '', /^auth:google:state:[0-9a-f]{64} /)
  assert.ok(!keys.join().includes(state))
})

test('R4.7: the endpoints are in the description of the service, and not there at all without such a policy; a batch follows no redirection to the provider', async () => {
  const service = await openLogin()
  const described = (await service.request('GET', '/v1/__api__')).body
  const paths = described.paths instanceof Object ? Object.keys(described.paths) : []
  assert.ok(paths.includes('/openid/{provider}/login') && paths.includes('/openid/{provider}/token'))
  const { google } = described.securityDefinitions as Record<string, Record<string, unknown>> // R2.8
  assert.deepEqual([google?.type, google?.flow, google?.tokenUrl], ['oauth2', 'accessCode', `${service.provider.issuer}/token`])
  const path = `/openid/google/login?${new URLSearchParams({ callback, scope: 'openid' })}`
  const [part] = await batch(service.request, [{ path }], { auth: null })
  assert.equal(part?.status, 307)
  const none = await openWithProvider({ settings: { 'multiauth.policies': 'basicauth' } })
  assert.equal((await login(none, { callback, scope: 'openid' })).status, 404)
})
