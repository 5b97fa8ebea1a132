import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JsonObject } from '../../primitives/json.ts'
import { providerHeartbeat } from '../bearer/heartbeat.ts'
import { createKept } from '../bearer/kept.ts'
import { createBearerPolicy } from '../bearer/policy.ts'
import { createProvider, objectIn, type Provider, unexpectedStatus } from '../bearer/provider.ts'
import type { AuthenticationPolicy, PolicyCapability, PolicyOptions } from '../policy.ts'
import { type Configuration, configurationUrl, createDiscovery, ForeignIssuer, GRACE_TTL } from './discovery.ts'
import { keySet } from './jwt.ts'
import { createLogin } from './login.ts'
import { type OpenidSettings, readOpenidSettings } from './settings.ts'
import { createVerifier } from './verifier.ts'

/** Tokens of an OpenID Connect provider (R4.6, R4.7): the module of `multiauth.policy.{name}.use = cliquet/auth/openid`. */
export function createPolicy(options: PolicyOptions): AuthenticationPolicy {
  const { name, clock, fetch, log } = options
  const settings = readOpenidSettings(options)
  const { bearer, issuer, clientId, audience, opaqueTokens, userinfo, clockSkew, ttl } = settings
  // Tokens that wait for their turn don't keep the documents from being fetched.
  const documents = createProvider({ name, fetch, timeout: bearer.timeout })
  const provider = createProvider({ name, fetch, timeout: bearer.timeout })
  const discovery = createDiscovery(settings, documents, clock)
  const keys = createKept({
    clock,
    ttl: settings.keysTtl,
    graceTtl: GRACE_TTL,
    cooldown: settings.keysCooldown,
    fetch: async () => fetchKeys((await discovery.get()).jwksUri, documents),
  })
  return {
    ...createBearerPolicy(options, bearer, {
      verify: createVerifier({ settings, provider, discovery, keys, clock }),
      rules: [issuer, clientId, audience, opaqueTokens, userinfo, clockSkew],
      ttl,
    }),
    get capability() {
      return openidCapability(name, settings, discovery.value)
    },
    get securityDefinition() {
      return openidSecurity(discovery.value)
    },
    heartbeat: providerHeartbeat(bearer, { name, url: configurationUrl(issuer), fetch, clock }),
    login: createLogin(settings, provider, discovery),
    async prepare() {
      try {
        await discovery.get()
      } catch (error) {
        if (error instanceof ForeignIssuer) throw new ConfigurationError(`setting "multiauth.policy.${name}.issuer": ${error.message}`)
        log.warn({ err: error, policy: name }, 'the identity provider is not reached; it is tried again when it is needed')
      }
    },
  }
}

async function fetchKeys(uri: string, documents: Provider) {
  const reply = await documents.send(uri)
  if (reply.status !== 200) throw unexpectedStatus(reply, uri)
  return keySet(objectIn(reply, uri))
}

/** R4.6. What only the provider can tell is left out until it has been reached. */
function openidCapability(
  name: string,
  { issuer, clientId, audience, hasAudience, bearer }: OpenidSettings,
  known: Configuration | undefined,
): PolicyCapability {
  return {
    name: 'openid',
    description: 'OpenID Connect.',
    url: 'https://openid.net/specs/openid-connect-core-1_0.html',
    providers: [
      {
        name,
        issuer,
        auth_path: `/openid/${name}/login`,
        client_id: clientId,
        ...(hasAudience ? { audience: audience.join(' ') } : {}),
        header_type: bearer.headerType,
        ...(known?.userinfoEndpoint === undefined ? {} : { userinfo_endpoint: known.userinfoEndpoint }),
      },
    ],
  }
}

function openidSecurity(known: Configuration | undefined): JsonObject {
  const { authorizationEndpoint, tokenEndpoint } = known ?? {}
  if (authorizationEndpoint === undefined || tokenEndpoint === undefined) return { type: 'apiKey', in: 'header', name: 'Authorization' }
  return {
    type: 'oauth2',
    flow: 'accessCode',
    authorizationUrl: authorizationEndpoint,
    tokenUrl: tokenEndpoint,
    scopes: { openid: 'Who you are', email: 'Your e-mail address', profile: 'Your profile' },
  }
}
