import type { Json } from '../../primitives/json.ts'
import type { AuthenticationPolicy, PolicyOptions } from '../policy.ts'
import { readToken } from './credentials.ts'
import type { BearerSettings } from './settings.ts'
import type { Verify } from './verification.ts'
import { createVerifiedTokens } from './verified-tokens.ts'

/** How tokens are verified, and for how long. */
export interface BearerRules {
  readonly verify: Verify
  /** What the verification of a token depends on, beside the settings that all such policies have. */
  readonly rules: Json
  /** How long it counts, ms. */
  readonly ttl: number
}

/** The common part of a policy that reads tokens from the header `Authorization`. */
export function createBearerPolicy(
  { name, cache, clock, log }: PolicyOptions,
  settings: BearerSettings,
  { verify, rules, ttl }: BearerRules,
): Pick<AuthenticationPolicy, 'name' | 'prefix' | 'challenge' | 'authenticate'> {
  const { prefix, headerType, realm, useridField, groupsClaim = null, groupsPrefix, requiredScopes } = settings
  const common = { useridField, groupsClaim, groupsPrefix, requiredScopes }
  const find = createVerifiedTokens({ name, rules: [rules, common], verify, cache, clock, ttl, log })
  return {
    name,
    prefix,
    challenge: `${headerType} realm="${realm}"`,
    authenticate({ authorization }) {
      const token = readToken(authorization, headerType)
      return token === undefined ? undefined : find(token)
    },
  }
}
