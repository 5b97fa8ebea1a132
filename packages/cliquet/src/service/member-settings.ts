import { ConfigurationError } from '../errors/configuration-error.ts'
import type { MemberSettings } from '../primitives/member-settings.ts'
import { flag, type Kind, list, number } from './settings/kinds.ts'
import { nearest } from './settings/nearest.ts'
import type { Settings } from './settings.ts'

/** `multiauth.policy.{name}.{key}` */
export const policyKey = (name: string, key: string): string => `multiauth.policy.${name}.${key}`

/** The settings of one policy, plugin or listener, which know what they were asked for. */
export interface MemberSettingsReader {
  readonly settings: MemberSettings
  /** @throws ConfigurationError for a key that is set and was never asked for, with the nearest that was */
  refuseUnknown(): void
}

/** Makes the reader of the settings of the policy `name`. */
export const createPolicySettings = (name: string, { ofPolicies, subjects }: Settings): MemberSettingsReader =>
  createMemberSettings(policyKey(name, ''), ofPolicies, subjects)

/** Makes the reader of the settings of the plugin `name`. */
export const createPluginSettings = (name: string, { ofPlugins, subjects }: Settings): MemberSettingsReader =>
  createMemberSettings(`plugin.${name}.`, ofPlugins, subjects)

/** `event_listeners.{name}.{key}` */
export const listenerKey = (name: string, key: string): string => `event_listeners.${name}.${key}`

/** Makes the reader of the settings of the listener `name`. */
export const createListenerSettings = (name: string, { ofListeners, subjects }: Settings): MemberSettingsReader =>
  createMemberSettings(listenerKey(name, ''), ofListeners, subjects)

function createMemberSettings(
  prefix: string,
  given: ReadonlyMap<string, string>,
  subjects: ReadonlyMap<string, string>,
): MemberSettingsReader {
  const asked = new Set<string>(['use'])
  const place = (key: string): string => subjects.get(prefix + key) ?? `setting "${prefix}${key}"`
  const fault = (key: string, must: string): ConfigurationError => new ConfigurationError(`${place(key)} must be ${must}`)
  const text = (key: string): string | undefined => {
    asked.add(key)
    const value = given.get(prefix + key)?.trim()
    return value === '' ? undefined : value
  }
  function read<T>(key: string, kind: Kind<T>, fallback: T): T {
    const value = text(key)
    if (value === undefined) return fallback
    const result = kind.read(value)
    if (result === undefined) throw fault(key, kind.expected)
    return result
  }
  const settings: MemberSettings = {
    text,
    fault,
    required(key) {
      const value = text(key)
      if (value === undefined) throw new ConfigurationError(`${place(key)} must be set`)
      return value
    },
    list: (key) => read(key, list, []),
    flag: (key, fallback) => read(key, flag, fallback),
    seconds: (key, fallback) => read(key, number(0.001, 31_536_000), fallback) * 1000,
    choice(key, words) {
      const value = text(key) ?? words[0]
      const word = words.find((candidate) => candidate === value)
      if (word === undefined) throw fault(key, `one of ${words.join(', ')}`)
      return word
    },
  }
  return { settings, refuseUnknown: () => refuseUnknown(prefix, given, asked) }
}

function refuseUnknown(prefix: string, given: ReadonlyMap<string, string>, asked: ReadonlySet<string>): void {
  for (const setting of given.keys()) {
    if (!setting.startsWith(prefix) || asked.has(setting.slice(prefix.length))) continue
    const near = nearest(setting.slice(prefix.length), [...asked])
    throw new ConfigurationError(`unknown setting "${setting}"${near === undefined ? '' : `: did you mean "${prefix}${near}"?`}`)
  }
}
