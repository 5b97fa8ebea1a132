import { introspect } from '../bearer/introspection.ts'
import { createBearerPolicy } from '../bearer/policy.ts'
import { createProvider } from '../bearer/provider.ts'
import { readBearerSettings, readProviderUrl } from '../bearer/settings.ts'
import type { AuthenticationPolicy, PolicyOptions } from '../policy.ts'

/** Opaque OAuth tokens, which the provider is asked about (RFC 7662): the module of `multiauth.policy.{name}.use = cliquet/auth/oauth`. */
export function createPolicy(options: PolicyOptions): AuthenticationPolicy {
  const { name, settings, fetch } = options
  const bearer = readBearerSettings(options, { useridField: 'sub', requiredScope: [] })
  const endpoint = readProviderUrl(settings, 'introspection_endpoint')
  const issuer = settings.text('issuer')
  const audience = settings.list('audience')
  const clientId = settings.required('client_id')
  const clientSecret = settings.required('client_secret')
  const ttl = settings.seconds('verification_ttl_seconds', 300)
  const provider = createProvider({ name, fetch, timeout: bearer.timeout })
  return {
    ...createBearerPolicy(options, bearer, {
      verify: (token) => introspect(token, { provider, endpoint, clientId, clientSecret, issuer, audience, settings: bearer }),
      rules: [endpoint, clientId, issuer ?? null, audience],
      ttl,
    }),
    capability: {
      name: 'oauth',
      description: 'OAuth 2.0 bearer tokens.',
      url: 'https://www.rfc-editor.org/rfc/rfc6750',
      providers: [{ name, header_type: bearer.headerType }],
    },
  }
}
