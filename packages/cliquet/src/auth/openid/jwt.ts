import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import { BackendError } from '../../errors/backend-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { Kept } from '../bearer/kept.ts'

/** A token that looks like a JWT, nothing of it verified. */
export interface UnverifiedToken {
  readonly algorithm: unknown
  readonly type: unknown
  readonly claims: JWTPayload
}

/** Reads a token without verifying it; undefined for what is no JWT. */
export function readJwt(token: string): UnverifiedToken | undefined {
  if (token.split('.', 4).length !== 3) return undefined
  try {
    const { alg, typ } = decodeProtectedHeader(token)
    return { algorithm: alg, type: typ, claims: decodeJwt(token) }
  } catch {
    return undefined
  }
}

/** Those with a key pair only: with a shared secret whoever verifies could also sign, and `none` is no signature. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** Of the tokens that a provider signs, those that log a user in: a logout token, for one, does not. */
const types = [undefined, 'jwt', 'at+jwt', 'application/at+jwt']

/** How tokens are verified. */
export interface JwtRules {
  readonly issuer: string
  /** One of these must be among the token's. */
  readonly audience: readonly string[]
  /** ms */
  readonly clockSkew: number
  readonly clock: Clock
}

/** Whether a token is worth the look at its signature: of this issuer, and signed in a way that counts. */
export function isPlausible({ algorithm, type, claims }: UnverifiedToken, issuer: string): boolean {
  return (
    claims.iss === issuer &&
    algorithms.some((name) => name === algorithm) &&
    types.includes(typeof type === 'string' ? type.toLowerCase() : undefined)
  )
}

/**
 * Verifies signature, issuer, audience, `exp` (which it must have) and `nbf`. A key that is not known is looked for in the provider's current
 * keys, as often as `keys` allows it.
 * @returns the claims; undefined for a token that is refused @throws BackendError if the provider's keys can't be had
 */
export async function verifyJwt(token: string, keys: Kept<JWTVerifyGetKey>, rules: JwtRules): Promise<JWTPayload | undefined> {
  const options: JWTVerifyOptions = {
    algorithms,
    issuer: rules.issuer,
    audience: [...rules.audience],
    clockTolerance: rules.clockSkew / 1000,
    currentDate: new Date(rules.clock()),
    requiredClaims: ['exp'],
  }
  const known = await keys.get()
  try {
    return await verifyWith(known, token, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) return refused(error)
    const renewed = await keys.renewed()
    return renewed === undefined ? undefined : verifyWith(renewed, token, options).catch(refused)
  }
}

const verifyWith = async (key: JWTVerifyGetKey, token: string, options: JWTVerifyOptions): Promise<JWTPayload> =>
  (await jwtVerify(token, key, options)).payload

/** What a bad token makes the library throw; other errors are about the key. */
function refused(cause: unknown): undefined {
  if (cause instanceof errors.JOSEError || cause instanceof TypeError) return undefined
  throw new BackendError("a key of the provider can't be used", { cause })
}

/** A provider's key set, as what picks the key of a token. @throws BackendError if it is none */
export function keySet(document: object): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(document as JSONWebKeySet) // it is checked there
  } catch (cause) {
    throw new BackendError("the provider's keys are no JSON Web Key Set", { cause })
  }
}
