import type { PolicyOptions, PolicySettings } from '../policy.ts'
import type { IdentityRules } from './identity.ts'

/** What every policy of bearer tokens takes from its settings. Times are ms. */
export interface BearerSettings extends IdentityRules {
  /** Prefix of user ids. */
  readonly prefix: string
  /** The scheme of the `Authorization` header. */
  readonly headerType: string
  readonly realm: string
  readonly requiredScopes: readonly string[]
  /** How long the provider may take for an answer. */
  readonly timeout: number
  readonly hasHeartbeat: boolean
  readonly heartbeatTimeout: number
}

/** What differs from provider to provider. */
export interface BearerDefaults {
  readonly useridField: string
  readonly requiredScope: readonly string[]
}

/** Reads them. @throws ConfigurationError */
export function readBearerSettings({ name, settings }: PolicyOptions, defaults: BearerDefaults): BearerSettings {
  const required = settings.list('required_scope')
  return {
    prefix: matching(settings, { key: 'prefix', fallback: name, pattern: /^[a-z0-9][\w.-]*$/i, must: 'letters, digits, ".", "_" and "-"' }),
    headerType: matching(settings, { key: 'header_type', fallback: 'Bearer', pattern: /^[\w!#$%&'*+.^`|~-]+$/, must: 'one word' }),
    realm: matching(settings, { key: 'realm', fallback: 'Realm', pattern: /^[\x20-\x7e]*$/, must: 'printable ASCII' }).replace(
      /["\\]/g,
      '\\$&',
    ),
    useridField: settings.text('userid_field') ?? defaults.useridField,
    groupsClaim: settings.text('groups_claim'),
    groupsPrefix: matching(settings, {
      key: 'groups_prefix',
      fallback: 'group:',
      pattern: /^(?!system\.)[\w./-]+:$/,
      must: 'a word and ":"',
    }),
    requiredScopes: required.length > 0 ? required : defaults.requiredScope,
    timeout: settings.seconds('timeout_seconds', 5),
    hasHeartbeat: settings.flag('heartbeat', true),
    heartbeatTimeout: settings.seconds('heartbeat_timeout_seconds', 3),
  }
}

interface Shape {
  readonly key: string
  readonly fallback: string
  readonly pattern: RegExp
  /** Completes "must be …". */
  readonly must: string
}

function matching(settings: PolicySettings, { key, fallback, pattern, must }: Shape): string {
  const value = settings.text(key) ?? fallback
  if (!pattern.test(value)) throw settings.fault(key, must)
  return value
}

/**
 * A URL of a provider in a setting: `https`, as tokens and secrets are sent there, or `http` on this machine or if the setting `allow_http` says
 * so. @throws ConfigurationError
 */
export function readProviderUrl(settings: PolicySettings, key: string): string {
  const value = settings.required(key)
  if (!isProviderUrl(value, settings.flag('allow_http', false))) {
    throw settings.fault(key, 'an https URL without user and fragment (http: on this machine, or with allow_http = true)')
  }
  return value
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/

/** Whether tokens may be sent there. */
export function isProviderUrl(value: unknown, allowHttp: boolean): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && (allowHttp || loopback.test(url.hostname)))
}
