import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createAuthentication } from '../../src/auth/authentication.ts'
import { createRecognition, type PolicyOutcome } from '../../src/auth/recognition.ts'
import { type AuthenticationPolicy, BackendError, createService, type GivenSettings } from '../../src/index.ts'
import { createPolicySettings } from '../../src/service/member-settings.ts'
import { readSettings } from '../../src/service/settings.ts'
import { backendSettings, basicAuth, openService, temporaryFolder } from '../protocol/service-under-test.ts'
import { assertUnavailable, policySettings } from './service-with-provider.ts'

/** The error of a service with these policies. */
async function startError(policies: string, settings: GivenSettings = {}, own?: readonly AuthenticationPolicy[]): Promise<string> {
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { ...backendSettings(), 'multiauth.policies': policies, ...settings },
    ...(own === undefined ? {} : { policies: own }),
  })
  try {
    await service.ready()
  } catch (error) {
    assert.ok(error instanceof Error && error.name === 'ConfigurationError', String(error))
    return error.message
  } finally {
    await service.close()
  }
  return assert.fail('it started')
}

const openid = { use: 'cliquet/auth/openid', issuer: 'https://issuer.example', client_id: 'c' }

test('R4.1: what a policy lacks, does not know or can’t read ends the start, with the name of the setting', async () => {
  const cases: [GivenSettings, RegExp][] = [
    [{ use: openid.use }, /"multiauth\.policy\.google\.client_id" must be set/],
    [{ ...openid, issuer: undefined }, /"multiauth\.policy\.google\.issuer" must be set/],
    [{ ...openid, isuer: 'x' }, /unknown setting "multiauth\.policy\.google\.isuer": did you mean "multiauth\.policy\.google\.issuer"\?/],
    [{ ...openid, xyzzy: 'x' }, /unknown setting "multiauth\.policy\.google\.xyzzy"$/],
    [{ ...openid, issuer: 'http://issuer.example' }, /issuer" must be an https URL/],
    [{ ...openid, issuer: 'https://user:secret@issuer.example' }, /issuer" must be an https URL/],
    [{ ...openid, issuer: 'issuer' }, /issuer" must be an https URL/],
    [{ ...openid, userinfo: 'never' }, /userinfo" must be one of always, fallback/],
    [{ ...openid, clock_skew_seconds: 'long' }, /clock_skew_seconds" must be a number/],
    [{ ...openid, opaque_tokens: 'introspection' }, /client_secret" must be set/],
    [{ ...openid, audience: 'a', opaque_tokens: 'userinfo' }, /opaque_tokens" must be introspection or refused/],
    [{ ...openid, prefix: 'a:b' }, /prefix" must be/],
    [{ ...openid, header_type: 'Bearer token' }, /header_type" must be one word/],
    [{ ...openid, groups_prefix: 'system.' }, /groups_prefix" must be/],
    [{ ...openid, login_callbacks: 'https://app.example javascript:alert(1)' }, /login_callbacks" must be/],
    [{ use: 'cliquet/auth/nothing' }, /"multiauth\.policy\.google\.use": the module cliquet\/auth\/nothing can't be loaded/],
    [{ use: 'node:path' }, /the module node:path must export a function createPolicy\(options\)/],
    [{ use: 'cliquet/auth/fxa' }, /"multiauth\.policy\.google\.oauth_uri" must be set/],
    [{ use: 'cliquet/auth/oauth', introspection_endpoint: 'https://a.example', client_id: 'c' }, /client_secret" must be set/],
    [{ use: 'cliquet/auth/basicauth', realm: 'x' }, /unknown setting "multiauth\.policy\.google\.realm"/],
  ]
  for (const [settings, message] of cases) assert.match(await startError('google', policySettings('google', settings)), message)
})

test('R4.1: a policy without module is unknown; one given in code has no settings; a secret is not shown', async () => {
  assert.match(await startError('google'), /unknown policy "google", unless the setting "multiauth\.policy\.google\.use" names its module/)
  assert.match(await startError('a:b'), /the name "a:b" must be letters, digits/)
  assert.match(await startError('basicaut'), /unknown policy "basicaut": did you mean "basicauth"\?/)
  const own: AuthenticationPolicy = { name: 'own', challenge: 'Own', authenticate: () => undefined }
  assert.match(await startError('own', policySettings('own', { key: 'x' }), [own]), /unknown setting "multiauth\.policy\.own\.key"/)
  const message = await startError('google', policySettings('google', { ...openid, client_secret: 'hush', client_secrets: 'hush' }))
  assert.doesNotMatch(message, /hush/)
})

test('R4.2: two policies with the same prefix are refused: their users could have each other’s ids', async () => {
  const google = policySettings('google', openid)
  assert.match(await startError('google google', google), /two policies make user ids that begin with "google:"/)
  assert.match(
    await startError('google other', { ...google, ...policySettings('other', { ...openid, prefix: 'google' }) }),
    /begin with "google:"/,
  )
  assert.match(await startError('google Google', { ...google, ...policySettings('Google', openid) }), /begin with "google:"/)
})

test('R4.1: Basic Auth under another name is another policy, with the prefix of that name (R4.2)', async () => {
  const { request } = await openService({
    settings: { 'multiauth.policies': 'Legacy', ...policySettings('Legacy', { use: 'cliquet/auth/basicauth' }) },
  })
  const { user, capabilities } = (await request('GET', '/v1/', { headers: { authorization: basicAuth('mat:secret') } })).body
  assert.deepEqual(Object.keys(capabilities ?? {}), ['basicauth'], 'R4.5')
  assert.match(user instanceof Object && 'id' in user ? String(user.id) : '', /^legacy:8a931a10/)
})

test('R4.1: the settings of policies come from the environment too', () => {
  const environment = {
    CLIQUET_MULTIAUTH_POLICIES: 'google google_work',
    CLIQUET_MULTIAUTH_POLICY_GOOGLE_CLIENT_ID: 'a',
    CLIQUET_MULTIAUTH_POLICY_GOOGLE_WORK_CLIENT_ID: 'b',
  }
  const given = policySettings('google', { client_id: 'c', audience: ['d', 'e'], heartbeat: false })
  const read = readSettings({ name: 'test', version: '1.0', given, environment })
  const texts = (name: string): unknown => {
    const { settings } = createPolicySettings(name, read)
    return [settings.text('client_id'), settings.list('audience'), settings.flag('heartbeat', true)]
  }
  assert.deepEqual(texts('google'), ['a', ['d', 'e'], false])
  assert.deepEqual(texts('google_work'), ['b', [], true])
})

test('R4.8: a module of one’s own makes a policy, with settings, prefix, principals, profile, capability and heartbeat', async () => {
  const path = join(temporaryFolder(), 'ticket.mjs')
  writeFileSync(
    path,
    `export async function createPolicy({ name, settings, cache, clock, fetch, log, userIdSecret }) {
      const header = settings.required('header')
      const groups = settings.list('groups')
      if (!(cache && clock() > 0 && fetch && log.warn && userIdSecret() === '')) throw new TypeError('something is missing')
      return {
        name, prefix: 'ticket', challenge: 'Ticket',
        capability: { name: 'tickets', description: 'Tickets', url: 'https://docs.example/', header },
        heartbeat: { name: 'tickets', check: async () => null },
        authenticate: async (headers) => headers[header] && { id: headers[header], principals: groups, profile: { name } },
      }
    }`,
  )
  const { request } = await openService({
    settings: {
      'multiauth.policies': 'own basicauth',
      ...policySettings('own', { use: pathToFileURL(path).href, header: 'x-ticket', groups: ['group:a', 'group:b'] }),
    },
  })
  const { body } = await request('GET', '/v1/', { headers: { 'x-ticket': 'mat' } })
  const principals = ['ticket:mat', 'group:a', 'group:b', 'system.Everyone', 'system.Authenticated']
  assert.deepEqual(body.user, { id: 'ticket:mat', principals, profile: { name: 'own' } })
  assert.deepEqual((body.capabilities as Record<string, unknown>).tickets, {
    description: 'Tickets',
    url: 'https://docs.example/',
    header: 'x-ticket',
  }) // R2.2
  assert.equal((await request('GET', '/v1/__heartbeat__')).body.tickets, null)
})

test('R4.1: a policy that can’t tell makes it 503, and no later policy is asked: Basic Auth would know anybody', async () => {
  const down: AuthenticationPolicy = {
    name: 'directory',
    challenge: 'Basic realm="Directory"',
    authenticate: ({ authorization }) =>
      authorization === undefined ? undefined : Promise.reject(new BackendError('the directory is down')),
  }
  const { request } = await openService({
    prepare: (service) => void service.resource('note', { schema: {} }),
    policies: [down],
    settings: { 'multiauth.policies': 'directory basicauth' },
  })
  assertUnavailable(await request('GET', '/v1/notes'))
  assertUnavailable(await request('GET', '/v1/'))
  assert.equal((await request('GET', '/v1/notes', { auth: null })).status, 401)
  assert.equal((await request('GET', '/v1/', { auth: null })).status, 200)
  assert.equal((await request('GET', '/v1/__lbheartbeat__')).status, 200)
})

test('R4.3: a policy that throws at once, without a promise, is a fault of the service and not 401', async () => {
  const broken: AuthenticationPolicy = {
    name: 'broken',
    challenge: 'Broken',
    authenticate() {
      throw new TypeError('secret')
    },
  }
  const { request } = await openService({ prepare: (service) => void service.resource('note', { schema: {} }), policies: [broken] })
  const answer = await request('GET', '/v1/notes')
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /secret/)
})

test('what each policy did, and how long it took, can be observed', async () => {
  const seen: [string, PolicyOutcome][] = []
  const policy = (name: string, authenticate: AuthenticationPolicy['authenticate']): AuthenticationPolicy => ({
    name,
    challenge: name,
    authenticate,
  })
  const policies = [
    policy('slow', async ({ from }) => (from === 'slow' ? 'a' : undefined)),
    policy('quick', ({ from }) => (from === 'quick' ? 'b' : undefined)),
    policy('ill', ({ from }) => (from === 'ill' ? Promise.reject(new BackendError('')) : undefined)),
  ]
  const recognise = createRecognition(policies, (name, outcome, duration) => {
    assert.ok(duration >= 0 && duration < 1000)
    seen.push([name, outcome])
  })
  const outcomes = async (from: string): Promise<unknown> => {
    seen.length = 0
    await Promise.resolve(recognise({ from })).catch(() => undefined)
    return seen.map((each) => each.join(' '))
  }
  assert.deepEqual(await outcomes('slow'), ['slow recognised'])
  assert.deepEqual(await outcomes('quick'), ['slow unknown', 'quick recognised'])
  assert.deepEqual(await outcomes('ill'), ['slow unknown', 'quick unknown', 'ill failed'])
  assert.deepEqual(createAuthentication(policies).policies, policies)
})
