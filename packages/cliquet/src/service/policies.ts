import type { AuthenticationPolicy, PolicyOptions } from '../auth/policy.ts'
import { prefixOf } from '../auth/recognition.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { createPolicySettings, policyKey } from './member-settings.ts'
import { importNamed, subject } from './named-module.ts'
import { userIdSecret } from './secret.ts'
import { nearest } from './settings/nearest.ts'
import type { Settings } from './settings.ts'

/** Names that need no `use`. */
const builtIn: ReadonlyMap<string, string> = new Map(
  ['basicauth', 'openid', 'oauth', 'fxa'].map((name): [string, string] => [name, `cliquet/auth/${name}`]),
)

/** What policies are made with. */
export interface PolicyParts extends Pick<PolicyOptions, 'cache' | 'clock' | 'fetch' | 'log'> {
  readonly settings: Settings
  /** Those of the author. */
  readonly own: readonly AuthenticationPolicy[] | undefined
  /** Those of plugins, which `multiauth.policies` may name. */
  readonly brought?: readonly AuthenticationPolicy[] | undefined
}

/**
 * The authentication policies of a service, in the order of trying: of `multiauth.policies`, each one is the author's own of that name, or made by
 * the module in `multiauth.policy.{name}.use`. Outside production the default is Basic Auth.
 * @throws ConfigurationError for an unknown name or setting, for two with the same prefix of user ids, and in production if none was chosen
 */
export async function choosePolicies(parts: PolicyParts): Promise<readonly AuthenticationPolicy[]> {
  const { settings, own } = parts
  const chosen = settings.multiauthPolicies
  if (chosen === undefined && own !== undefined) return withoutDoubles(own)
  if (chosen === undefined && settings.isProduction) {
    throw new ConfigurationError(
      'the setting "multiauth.policies" (CLIQUET_MULTIAUTH_POLICIES) must be set in production, for example to basicauth',
    )
  }
  return withoutDoubles(await Promise.all((chosen ?? ['basicauth']).map((name) => choosePolicy(name, parts))))
}

async function choosePolicy(name: string, parts: PolicyParts): Promise<AuthenticationPolicy> {
  const { settings, own: given = [], brought = [], ...tools } = parts
  const own = [...given, ...brought]
  if (!/^[a-z0-9][\w-]*$/i.test(name)) {
    throw new ConfigurationError(`setting "multiauth.policies": the name "${name}" must be letters, digits, "_" and "-"`)
  }
  const reader = createPolicySettings(name, settings)
  const use = reader.settings.text('use') ?? builtIn.get(name)
  const policy = own.find((candidate) => candidate.name === name) ?? (use === undefined ? unknown(name, own) : undefined)
  const made =
    policy ??
    (await make(
      name,
      use ?? '',
      { ...tools, name: name.toLowerCase(), settings: reader.settings, userIdSecret: () => userIdSecret(settings) },
      settings,
    ))
  reader.refuseUnknown()
  return made
}

function unknown(name: string, own: readonly AuthenticationPolicy[]): never {
  const hint = nearest(name, [...builtIn.keys(), ...own.map((candidate) => candidate.name)])
  const use = `setting "${policyKey(name, 'use')}" names its module`
  throw new ConfigurationError(
    `setting "multiauth.policies": unknown policy "${name}"${hint === undefined ? `, unless the ${use}` : `: did you mean "${hint}"?`}`,
  )
}

async function make(name: string, specifier: string, options: PolicyOptions, settings: Settings): Promise<AuthenticationPolicy> {
  const { createPolicy } = await importNamed(specifier, policyKey(name, 'use'), settings)
  if (typeof createPolicy !== 'function') {
    throw new ConfigurationError(
      `${subject(settings, policyKey(name, 'use'))}: the module ${specifier} must export a function createPolicy(options)`,
    )
  }
  return (await createPolicy(options)) as AuthenticationPolicy // the contract is the module's to keep
}

/** Users of two policies with the same prefix could have the same id, and with it each other's records. */
function withoutDoubles(policies: readonly AuthenticationPolicy[]): readonly AuthenticationPolicy[] {
  const prefixes = new Set<string>()
  for (const policy of policies) {
    const prefix = prefixOf(policy)
    if (prefixes.has(prefix))
      throw new ConfigurationError(`setting "multiauth.policies": two policies make user ids that begin with "${prefix}:"`)
    prefixes.add(prefix)
  }
  return policies
}
