import { providerHeartbeat } from '../bearer/heartbeat.ts'
import { hasScopes, identityOf } from '../bearer/identity.ts'
import { createBearerPolicy } from '../bearer/policy.ts'
import { createProvider, objectIn, type Provider, unexpectedStatus } from '../bearer/provider.ts'
import { type BearerSettings, readBearerSettings, readProviderUrl } from '../bearer/settings.ts'
import { REFUSED_BY_PROVIDER, type Verification } from '../bearer/verification.ts'
import type { AuthenticationPolicy, PolicyOptions } from '../policy.ts'

/**
 * Opaque tokens of Firefox Accounts, which its OAuth server is asked about: the module of `multiauth.policy.{name}.use = cliquet/auth/fxa`. A
 * token needs every `required_scope`; the user id is that of the account.
 */
export function createPolicy(options: PolicyOptions): AuthenticationPolicy {
  const { name, settings, fetch, clock } = options
  const bearer = readBearerSettings(options, { useridField: 'user', requiredScope: ['profile'] })
  const server = readProviderUrl(settings, 'oauth_uri').replace(/(?:\/v1)?\/*$/, '')
  const ttl = settings.seconds('cache_ttl_seconds', 300)
  const provider = createProvider({ name, fetch, timeout: bearer.timeout })
  return {
    ...createBearerPolicy(options, bearer, {
      verify: (token) => verifyToken(token, { provider, endpoint: `${server}/v1/verify`, settings: bearer }),
      rules: [server],
      ttl,
    }),
    capability: {
      name: 'fxa',
      description: 'You can log in with a Firefox Account.',
      url: 'https://mozilla.github.io/ecosystem-platform/',
    },
    heartbeat: providerHeartbeat(bearer, { name: 'oauth', url: new URL('/__heartbeat__', server).href, fetch, clock }),
  }
}

interface Verifier {
  readonly provider: Provider
  readonly endpoint: string
  readonly settings: BearerSettings
}

/** The server answers 400 to a token that it doesn't know. */
async function verifyToken(token: string, { provider, endpoint, settings }: Verifier): Promise<Verification> {
  const reply = await provider.send(endpoint, { body: { type: 'json', value: { token } } })
  if (reply.status === 400 || reply.status === 401) return REFUSED_BY_PROVIDER
  if (reply.status !== 200) throw unexpectedStatus(reply, 'the Firefox Accounts server')
  const answer = objectIn(reply, 'the answer of the Firefox Accounts server')
  const identity = hasScopes(answer.scope, settings.requiredScopes) ? identityOf(answer, settings) : undefined
  if (identity === undefined) return REFUSED_BY_PROVIDER
  return { kind: 'verified', identity: { id: identity.id, principals: identity.principals ?? [] }, until: undefined }
}
