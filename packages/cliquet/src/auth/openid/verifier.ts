import type { JWTVerifyGetKey } from 'jose'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import { isJsonObject, type JsonObject } from '../../primitives/json.ts'
import { hasScopes, identityOf } from '../bearer/identity.ts'
import { introspect, withoutProtocol } from '../bearer/introspection.ts'
import type { Kept } from '../bearer/kept.ts'
import { objectIn, type Provider, unexpectedStatus } from '../bearer/provider.ts'
import { REFUSED, REFUSED_BY_PROVIDER, type Verification, type Verify } from '../bearer/verification.ts'
import type { Configuration } from './discovery.ts'
import { isPlausible, readJwt, type UnverifiedToken, verifyJwt } from './jwt.ts'
import type { OpenidSettings } from './settings.ts'

/** What tokens are verified with. */
export interface VerifierOptions {
  readonly settings: OpenidSettings
  readonly provider: Provider
  readonly discovery: Kept<Configuration>
  readonly keys: Kept<JWTVerifyGetKey>
  readonly clock: Clock
}

/**
 * Verifies the tokens of an OpenID provider (R4.6). A JWT must first be good by itself: one that is not costs the provider no request. Then the
 * provider's word counts: it may have revoked the token, and knows the profile.
 */
export function createVerifier(options: VerifierOptions): Verify {
  return (token) => {
    const read = readJwt(token)
    return read === undefined ? verifyOpaque(token, options) : verifySigned(token, read, options)
  }
}

async function verifySigned(token: string, read: UnverifiedToken, options: VerifierOptions): Promise<Verification> {
  const { settings, keys, clock } = options
  const { issuer, audience, clockSkew, bearer } = settings
  if (!isPlausible(read, issuer)) return REFUSED
  const claims = await verifyJwt(token, keys, { issuer, audience, clockSkew, clock })
  if (!isJsonObject(claims) || !hasScopes(claims.scope ?? claims.scp, bearer.requiredScopes)) return REFUSED
  const known = identityOf(withoutProtocol(claims), bearer)
  const until = typeof claims.exp === 'number' ? claims.exp * 1000 + clockSkew : undefined
  const { userinfoEndpoint } = await options.discovery.get()
  if (userinfoEndpoint === undefined || (settings.userinfo === 'fallback' && known !== undefined)) {
    return known === undefined ? REFUSED : { kind: 'verified', identity: known, until }
  }
  const profile = await fetchProfile(token, userinfoEndpoint, options.provider)
  // OpenID Connect Core §5.3.2: a profile of another user must not be used.
  if (profile === undefined || (profile.sub ?? claims.sub) !== claims.sub) return REFUSED_BY_PROVIDER
  const identity = identityOf(profile, bearer)
  if (identity === undefined) return REFUSED_BY_PROVIDER
  const principals = [...new Set([...(known?.principals ?? []), ...(identity.principals ?? [])])]
  return { kind: 'verified', identity: { ...identity, principals }, until }
}

async function verifyOpaque(token: string, { settings, provider, discovery }: VerifierOptions): Promise<Verification> {
  const { opaqueTokens, clientId, clientSecret = '', issuer, hasAudience, audience, bearer } = settings
  if (opaqueTokens === 'refused') return REFUSED
  const { userinfoEndpoint, introspectionEndpoint } = await discovery.get()
  if (opaqueTokens === 'introspection') {
    const endpoint = introspectionEndpoint ?? missing('introspection_endpoint')
    return introspect(token, {
      provider,
      endpoint,
      clientId,
      clientSecret,
      issuer,
      audience: hasAudience ? audience : [],
      settings: bearer,
    })
  }
  const profile = await fetchProfile(token, userinfoEndpoint ?? missing('userinfo_endpoint'), provider)
  const identity = profile === undefined ? undefined : identityOf(profile, bearer)
  return identity === undefined ? REFUSED_BY_PROVIDER : { kind: 'verified', identity, until: undefined }
}

function missing(name: string): never {
  throw new BackendError(`the provider's configuration has no "${name}"`)
}

/** What the provider says of the user of a token; undefined if it refuses the token. */
async function fetchProfile(token: string, endpoint: string, provider: Provider): Promise<JsonObject | undefined> {
  const reply = await provider.send(endpoint, { headers: { authorization: `Bearer ${token}` } })
  if (reply.status === 400 || reply.status === 401 || reply.status === 403) return undefined
  if (reply.status !== 200) throw unexpectedStatus(reply, 'the userinfo endpoint')
  return objectIn(reply, 'the profile of the userinfo endpoint')
}
