import { isJsonArray, type Json, type JsonObject } from '../../primitives/json.ts'
import { hasScopes, identityOf } from './identity.ts'
import { objectIn, type Provider, unexpectedStatus } from './provider.ts'
import type { BearerSettings } from './settings.ts'
import { REFUSED_BY_PROVIDER, type Verification } from './verification.ts'

/** How tokens are asked about (RFC 7662). */
export interface IntrospectionOptions {
  readonly provider: Provider
  readonly endpoint: string
  readonly clientId: string
  readonly clientSecret: string
  /** Who says so, if the answer tells. */
  readonly issuer: string | undefined
  /** For whom tokens must be; empty: for anybody. */
  readonly audience: readonly string[]
  readonly settings: BearerSettings
}

/**
 * Asks the provider whether a token is active. What it then says of issuer, audience and scopes counts too.
 * @throws BackendError if it gives no such answer, also where it refuses our own credentials
 */
export async function introspect(token: string, options: IntrospectionOptions): Promise<Verification> {
  const { provider, endpoint, clientId, clientSecret, issuer, audience, settings } = options
  const reply = await provider.send(endpoint, {
    body: { type: 'form', fields: { token, token_type_hint: 'access_token' } },
    headers: { authorization: basicCredentials(clientId, clientSecret) },
  })
  if (reply.status !== 200) throw unexpectedStatus(reply, 'the introspection endpoint')
  const answer = objectIn(reply, 'the answer of the introspection endpoint')
  const identity = answer.active === true ? identityOf(withoutProtocol(answer), settings) : undefined
  const isForeign = answer.iss !== undefined && issuer !== undefined && answer.iss !== issuer
  if (identity === undefined || isForeign || !isFor(answer.aud, audience) || !hasScopes(answer.scope, settings.requiredScopes)) {
    return REFUSED_BY_PROVIDER
  }
  return { kind: 'verified', identity, until: typeof answer.exp === 'number' ? answer.exp * 1000 : undefined }
}

/** Whether one of the audiences, a text or a list, is one of those wanted. */
const isFor = (audience: Json | undefined, wanted: readonly string[]): boolean =>
  wanted.length === 0 ||
  (audience !== undefined && (isJsonArray(audience) ? audience : [audience]).some((one) => wanted.some((name) => name === one)))

/** Members that are about the token and not about the user. */
const ofToken = new Set([
  'active',
  'iss',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'azp',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'auth_time',
  'sid',
])

/** What claims tell of the user. */
export const withoutProtocol = (claims: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !ofToken.has(name)))

/** RFC 6749 §2.3.1: both parts are form-encoded first. */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((part) => new URLSearchParams({ '': part }).toString().slice(1))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}
