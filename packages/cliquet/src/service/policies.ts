import { createBasicPolicy } from '../auth/basic.ts'
import type { AuthenticationPolicy } from '../auth/policy.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { nearest } from './nearest.ts'
import { userIdSecret } from './secret.ts'
import type { Settings } from './settings.ts'

const builtIn: Readonly<Record<string, (settings: Settings) => AuthenticationPolicy>> = {
  basicauth: (settings) => createBasicPolicy({ secret: userIdSecret(settings) }),
}

/**
 * The authentication policies of a service, in the order of trying. Outside production the default is Basic Auth.
 * @throws ConfigurationError for an unknown name, and in production if none was chosen
 */
export function choosePolicies(settings: Settings, own: readonly AuthenticationPolicy[] | undefined): readonly AuthenticationPolicy[] {
  const chosen = settings.multiauthPolicies
  if (chosen === undefined && own !== undefined) return own
  if (chosen === undefined && settings.isProduction) {
    throw new ConfigurationError(
      'the setting "multiauth.policies" (CLIQUET_MULTIAUTH_POLICIES) must be set in production, for example to basicauth',
    )
  }
  return (chosen ?? ['basicauth']).map((name) => {
    const policy =
      own?.find((candidate) => candidate.name === name) ?? (Object.hasOwn(builtIn, name) ? builtIn[name]?.(settings) : undefined)
    if (policy !== undefined) return policy
    const known = [...Object.keys(builtIn), ...(own ?? []).map((candidate) => candidate.name)]
    const hint = nearest(name, known)
    throw new ConfigurationError(
      `setting "multiauth.policies": unknown policy "${name}"${hint === undefined ? '' : `: did you mean "${hint}"?`}`,
    )
  })
}
