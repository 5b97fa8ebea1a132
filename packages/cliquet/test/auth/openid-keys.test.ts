import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { generateKeyPair, SignJWT } from 'jose'
import { createService } from '../../src/index.ts'
import { createHeldClock } from '../../src/testing/index.ts'
import { backendSettings } from '../protocol/service-under-test.ts'
import { startIdentityProvider } from './identity-provider.ts'
import { assertRefused, assertUnavailable, openidSettings, openWithProvider } from './service-with-provider.ts'

const policy = { userinfo: 'fallback' }

test('a key that is not known yet is refused, and good as soon as the provider has published it', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, notes, userOf } = await openWithProvider({ clock, policy })
  assert.equal(await userOf(await provider.mint()), 'google:mat')
  const kid = await provider.rotate({ published: false })
  const token = await provider.mint({ kid })
  clock.advance(31_000)
  assertRefused(await notes(token))
  provider.publish(kid)
  assertRefused(await notes(token))
  assert.equal(provider.asked.get('/jwks'), 2, 'not asked again before the cooldown is over')
  clock.advance(31_000)
  assert.equal(await userOf(token), 'google:mat')
  assert.equal(await userOf(await provider.mint({ kid: 'key-0', claims: { sub: 'bob' } })), 'google:bob', 'the old key is still good')
  assert.equal(provider.asked.get('/jwks'), 3)
})

test('a key that the provider has withdrawn is good no longer than `jwks_ttl_seconds`', async () => {
  const clock = createHeldClock(Date.now())
  const { provider, notes, userOf } = await openWithProvider({
    clock,
    policy: { ...policy, jwks_ttl_seconds: 100, clock_skew_seconds: 600 },
  })
  assert.equal(await userOf(await provider.mint()), 'google:mat')
  await provider.rotate()
  provider.withdraw('key-0')
  assert.equal(await userOf(await provider.mint({ kid: 'key-0', claims: { sub: 'bob' } })), 'google:bob')
  clock.advance(101_000)
  assertRefused(await notes(await provider.mint({ kid: 'key-0', claims: { sub: 'carl' } })))
  assert.equal(await userOf(await provider.mint({ claims: { sub: 'carl' } })), 'google:carl')
})

test('10,000 forged tokens are refused; the provider is asked for its keys once, and nothing is kept of them', async () => {
  const { provider, service, notes, hello, userOf } = await openWithProvider()
  const good = await provider.mint()
  assert.equal(await userOf(good), 'google:mat')
  const { privateKey } = await generateKeyPair('ES256')
  const seconds = Math.floor(Date.now() / 1000)
  const forge = (kid: string, sub: string): Promise<string> =>
    new SignJWT({ iss: provider.issuer, aud: provider.clientId, sub, exp: seconds + 300 })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(privateKey)
  const [header = '', , signature = ''] = good.split('.')
  const kept = new Set<string>()
  const { set } = service.app.cache
  service.app.cache.set = (key, value, ttl) => {
    kept.add(key)
    return set.call(service.app.cache, key, value, ttl)
  }
  const before = provider.total()
  const forgers = [
    () => forge(randomUUID(), 'mat'),
    () => forge('key-0', randomUUID()),
    async () =>
      `${header}.${Buffer.from(JSON.stringify({ iss: provider.issuer, aud: provider.clientId, sub: randomUUID(), exp: seconds + 300 })).toString('base64url')}.${signature}`,
    async () => `${header}.${Buffer.from(JSON.stringify({ iss: provider.issuer })).toString('base64url')}.${randomUUID()}`,
  ]
  for (let round = 0; round < 100; round += 1) {
    const tokens = await Promise.all(Array.from({ length: 100 }, (_, i) => forgers[i % forgers.length]?.() ?? ''))
    for (const answer of await Promise.all(tokens.map(notes))) assertRefused(answer)
  }
  assert.ok(provider.total() - before <= 1, `${provider.total() - before} requests`)
  assert.equal(kept.size, 0)
  assert.equal((await hello(good)).status, 200)
  assert.equal(await userOf(await provider.mint({ claims: { sub: 'bob' } })), 'google:bob')
})

test('forged tokens that are no JWT are asked about a few at a time, and the same one not again', async () => {
  const { provider, notes } = await openWithProvider()
  await notes('one')
  await notes('one')
  assert.equal(provider.asked.get('/userinfo'), 1)
  let most = 0
  let open = 0
  provider.broken = (response) => {
    open += 1
    most = Math.max(most, open)
    setTimeout(() => {
      open -= 1
      response.writeHead(401).end('{}')
    }, 300)
  }
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => notes(`forged-${i}`)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401])
  assert.ok(most <= 32, `${most} at once`)
})

test('requests with the same new token wait for one verification', async () => {
  const { provider, notes } = await openWithProvider()
  const token = await provider.mint()
  provider.delay = 30
  const answers = await Promise.all(Array.from({ length: 20 }, () => notes(token)))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.deepEqual([provider.asked.get('/userinfo'), provider.asked.get('/jwks')], [1, 1])
})

test('the configuration of another issuer ends the start, with both names', async () => {
  const provider = await startIdentityProvider()
  provider.configuration = { issuer: 'https://other.example' }
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { ...backendSettings(), 'multiauth.policies': 'google', ...openidSettings(provider) },
  })
  await assert.rejects(service.ready(), {
    name: 'ConfigurationError',
    message: new RegExp(`multiauth\\.policy\\.google\\.issuer.*https://other\\.example.*${provider.issuer}`),
  })
  await service.close()
})

test('a provider that turns into another issuer, or sends us for keys to an unsafe place, is not believed: 503', async () => {
  const wrong: ((issuer: string) => Readonly<Record<string, unknown>>)[] = [
    () => ({ issuer: 'https://other.example' }),
    () => ({ jwks_uri: undefined }),
    () => ({ jwks_uri: 7 }),
    // Not this machine by its name, though it leads there.
    (issuer) => ({ jwks_uri: `${issuer.replace('127.0.0.1', '0.0.0.0')}/jwks` }),
  ]
  for (const configurationOf of wrong) {
    const clock = createHeldClock(Date.now())
    const provider = await startIdentityProvider({ now: clock })
    const token = await provider.mint()
    await provider.stop()
    const { notes } = await openWithProvider({ provider, policy, clock })
    provider.configuration = configurationOf(provider.issuer)
    await provider.start()
    clock.advance(1000)
    assertUnavailable(await notes(token))
    assert.equal(provider.asked.get('/jwks'), undefined)
  }
})

test('keys that are none are the provider’s fault, 503; a secret among the keys is no key', async () => {
  const { provider, notes } = await openWithProvider({ policy })
  const token = await provider.mint()
  provider.broken = (response) => void response.writeHead(200).end('{"keys":7}')
  assertUnavailable(await notes(token))
  provider.broken = (response) => void response.writeHead(200).end('{"keys":[{"kty":"oct","kid":"key-0","alg":"HS256","k":"c2VjcmV0"}]}')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  assertRefused(await notes(token))
  const secret = await new SignJWT({ iss: provider.issuer, aud: provider.clientId, sub: 'mat', exp: 9_999_999_999 })
    .setProtectedHeader({ alg: 'HS256', kid: 'key-0' })
    .sign(new TextEncoder().encode('secret'))
  assertRefused(await notes(secret))
})
