import { type BearerSettings, readBearerSettings, readProviderUrl } from '../bearer/settings.ts'
import { isCallbackRule } from '../login/callbacks.ts'
import type { PolicyOptions, PolicySettings } from '../policy.ts'

/** The settings of an OpenID Connect policy. Times are ms. */
export interface OpenidSettings {
  readonly bearer: BearerSettings
  readonly issuer: string
  readonly allowHttp: boolean
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** For whom tokens must be. */
  readonly audience: readonly string[]
  /** Whether that was set, and is not just the client. */
  readonly hasAudience: boolean
  /** Whether every new token is shown to the userinfo endpoint, or those only that don't tell the user id. */
  readonly userinfo: 'always' | 'fallback'
  /** What becomes of tokens that are no JWT. */
  readonly opaqueTokens: 'userinfo' | 'introspection' | 'refused'
  readonly clockSkew: number
  readonly ttl: number
  /** How long the provider's keys and configuration are used without asking for new ones. */
  readonly keysTtl: number
  readonly keysCooldown: number
  readonly loginCallbacks: readonly string[]
  readonly stateTtl: number
}

/** Reads them. @throws ConfigurationError */
export function readOpenidSettings(options: PolicyOptions): OpenidSettings {
  const { settings } = options
  const clientId = settings.required('client_id')
  const audience = settings.list('audience')
  const hasAudience = audience.length > 0
  const clientSecret = settings.text('client_secret')
  const bearer = readBearerSettings(options, { useridField: 'sub', requiredScope: [] })
  return {
    bearer,
    issuer: readProviderUrl(settings, 'issuer'),
    allowHttp: settings.flag('allow_http', false),
    clientId,
    clientSecret,
    audience: hasAudience ? audience : [clientId],
    hasAudience,
    userinfo: settings.choice('userinfo', ['always', 'fallback']),
    opaqueTokens: readOpaqueTokens(settings, hasAudience || bearer.requiredScopes.length > 0),
    clockSkew: settings.seconds('clock_skew_seconds', 60),
    ttl: settings.seconds('verification_ttl_seconds', 3600),
    keysTtl: settings.seconds('jwks_ttl_seconds', 600),
    keysCooldown: settings.seconds('jwks_cooldown_seconds', 30),
    loginCallbacks: readCallbacks(settings),
    stateTtl: settings.seconds('state_ttl_seconds', 3600),
  }
}

/** The userinfo endpoint tells neither for whom a token is nor what its scopes are. */
function readOpaqueTokens(settings: PolicySettings, mustBeKnown: boolean): OpenidSettings['opaqueTokens'] {
  const chosen = settings.choice(
    'opaque_tokens',
    mustBeKnown ? ['refused', 'introspection', 'userinfo'] : ['userinfo', 'introspection', 'refused'],
  )
  if (chosen === 'userinfo' && mustBeKnown)
    throw settings.fault('opaque_tokens', 'introspection or refused where an audience or scopes are required')
  if (chosen === 'introspection') settings.required('client_secret')
  return chosen
}

function readCallbacks(settings: PolicySettings): readonly string[] {
  const callbacks = settings.list('login_callbacks')
  if (!callbacks.every(isCallbackRule)) throw settings.fault('login_callbacks', 'http and https URLs without user')
  return callbacks
}
