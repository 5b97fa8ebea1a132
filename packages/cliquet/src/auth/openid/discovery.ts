import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import { isJsonArray, type JsonObject } from '../../primitives/json.ts'
import { createKept, type Kept } from '../bearer/kept.ts'
import { objectIn, type Provider, unexpectedStatus } from '../bearer/provider.ts'
import { isProviderUrl } from '../bearer/settings.ts'
import type { OpenidSettings } from './settings.ts'

/** What a provider tells of itself (OpenID Connect Discovery 1.0). */
export interface Configuration {
  readonly jwksUri: string
  readonly userinfoEndpoint: string | undefined
  readonly introspectionEndpoint: string | undefined
  readonly authorizationEndpoint: string | undefined
  readonly tokenEndpoint: string | undefined
  /** Whether the secret of the client is sent in a header, and not in the body. */
  readonly wantsBasicCredentials: boolean
  /** Whether it knows `code_challenge` (RFC 7636). */
  readonly knowsChallenges: boolean
}

/** A provider says that it is another one than the settings say. */
export class ForeignIssuer extends BackendError {}

/** Where the configuration of an issuer is. */
export const configurationUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** How long the provider may be away before what it said is forgotten, ms. */
export const GRACE_TTL = 3_600_000

/** The provider's configuration, kept. @throws ForeignIssuer if it is that of another issuer: the names must be equal to the letter */
export function createDiscovery(
  { issuer, allowHttp, keysTtl, keysCooldown }: OpenidSettings,
  provider: Provider,
  clock: Clock,
): Kept<Configuration> {
  return createKept({
    clock,
    ttl: keysTtl,
    graceTtl: GRACE_TTL,
    cooldown: keysCooldown,
    async fetch() {
      const url = configurationUrl(issuer)
      const reply = await provider.send(url)
      if (reply.status !== 200) throw unexpectedStatus(reply, url)
      const document = objectIn(reply, url)
      if (document.issuer !== issuer) {
        throw new ForeignIssuer(
          `${url} is the configuration of the issuer ${JSON.stringify(document.issuer)}, and not of ${JSON.stringify(issuer)}`,
        )
      }
      return configurationIn(document, url, allowHttp)
    },
  })
}

function configurationIn(document: JsonObject, url: string, allowHttp: boolean): Configuration {
  const endpoint = (name: string): string | undefined => {
    const value = document[name]
    if (value === undefined || value === null) return undefined
    if (isProviderUrl(value, allowHttp)) return value
    throw new BackendError(`${url}: "${name}" is no https URL`)
  }
  const jwksUri = endpoint('jwks_uri')
  if (jwksUri === undefined) throw new BackendError(`${url} has no "jwks_uri"`)
  const methods = wordsIn(document, 'token_endpoint_auth_methods_supported')
  return {
    jwksUri,
    userinfoEndpoint: endpoint('userinfo_endpoint'),
    introspectionEndpoint: endpoint('introspection_endpoint'),
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
    wantsBasicCredentials: methods.includes('client_secret_basic') && !methods.includes('client_secret_post'),
    knowsChallenges: wordsIn(document, 'code_challenge_methods_supported').includes('S256'),
  }
}

function wordsIn(document: JsonObject, name: string): readonly unknown[] {
  const value = document[name]
  return value !== undefined && isJsonArray(value) ? value : []
}
