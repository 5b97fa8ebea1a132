import assert from 'node:assert/strict'
import { type GivenSettings, type Service, Type } from '../../src/index.ts'
import { type OpenOptions, openService, type Received, type ServiceUnderTest } from '../protocol/service-under-test.ts'
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts'

/** A service, and the provider of its users. */
export interface Opened extends ServiceUnderTest {
  readonly provider: IdentityProvider
  /** Asks for hello with a bearer token. */
  hello(token: string | undefined): Promise<Received>
  /** Who hello says that the token is of. */
  userOf(token: string): Promise<string | undefined>
  /** Asks for notes, which are each user's own. */
  notes(token: string): Promise<Received>
}

/** The settings of a policy. */
export const policySettings = (name: string, settings: GivenSettings): GivenSettings =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`multiauth.policy.${name}.${key}`, value]))

/** The settings of an OpenID Connect policy for that provider. */
export const openidSettings = (provider: IdentityProvider, settings: GivenSettings = {}, name = 'google'): GivenSettings =>
  policySettings(name, { use: 'cliquet/auth/openid', issuer: provider.issuer, client_id: provider.clientId, ...settings })

/** What to open. */
export interface OpenWithProvider extends Omit<OpenOptions, 'settings'> {
  readonly provider?: IdentityProvider
  /** Of the policy `google`. */
  readonly policy?: GivenSettings
  readonly settings?: GivenSettings
}

const addNotes = (service: Service): void => {
  service.resource('note', { schema: { text: Type.String({ default: '' }) } })
  service.resource('page', { shared: true, schema: { text: Type.String({ default: '' }) } })
}

/** Opens a service whose policy `google` is OpenID Connect with a provider of its own, unless `settings` say otherwise. */
export async function openWithProvider({ provider: given, policy, settings, clock, ...options }: OpenWithProvider = {}): Promise<Opened> {
  const provider = given ?? (await startIdentityProvider(clock === undefined ? {} : { now: clock }))
  const service = await openService({
    prepare: addNotes,
    ...(clock === undefined ? {} : { clock }),
    ...options,
    settings: { 'multiauth.policies': 'google', ...openidSettings(provider, policy), ...settings },
  })
  return { ...service, provider, ...asking(service) }
}

/** Ways to ask a service as the owner of a token. */
export function asking({ request }: ServiceUnderTest): Pick<Opened, 'hello' | 'userOf' | 'notes'> {
  const bearer = (token: string | undefined) => ({
    auth: null,
    headers: { authorization: token === undefined ? undefined : `Bearer ${token}` },
  })
  const hello = (token: string | undefined): Promise<Received> => request('GET', '/v1/', bearer(token))
  return {
    hello,
    async userOf(token) {
      const { status, body, text } = await hello(token)
      assert.equal(status, 200, text)
      return body.user instanceof Object && 'id' in body.user ? String(body.user.id) : undefined
    },
    notes: (token) => request('GET', '/v1/notes', bearer(token)),
  }
}

/** 503 with `Retry-After` (R3.19), in the common envelope. */
export function assertUnavailable({ status, headers, body }: Received): void {
  assert.deepEqual([status, body.errno], [503, 201])
  assert.match(headers['retry-after'] ?? '', /^\d+$/)
  assert.equal(headers['www-authenticate'], undefined)
}

/** 401 with a challenge (R3.10), in the common envelope. */
export function assertRefused({ status, headers, body }: Received, challenge = 'Bearer realm="Realm"'): void {
  assert.deepEqual([status, body.errno, headers['www-authenticate']], [401, 104, challenge])
}
