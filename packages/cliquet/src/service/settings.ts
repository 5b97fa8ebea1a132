import { hostname } from 'node:os'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { settingCatalogue } from './settings/catalogue.ts'
import type { ConfigFileInfo } from './settings/config-file.ts'
import { subjectOf } from './settings/origin.ts'
import { settingFamilies } from './settings/patterns.ts'
import { reportSettings, type SettingsReport } from './settings/report.ts'
import { defaults, type Found, type GivenSettings, resolveSettings } from './settings/resolution.ts'

type Catalogue = typeof settingCatalogue

/** The name of a setting. */
export type SettingName = keyof Catalogue

type Value<D> = D extends { readonly kind: { read(value: unknown): infer T }; readonly default: infer F }
  ? F extends undefined
    ? T
    : Exclude<T, undefined>
  : never

type Camel<S extends string> = S extends `${infer Head}${'_' | '.'}${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S

/** The settings by their names in code: `batch_max_requests` is `batchMaxRequests`. */
type Named = { readonly [K in SettingName as Camel<K>]: Value<Catalogue[K]> }

/** Everything that a service takes from its settings, parsed once. */
export type Settings = Omit<Named, 'projectName' | 'projectVersion' | 'httpApiVersion'> & {
  readonly projectName: string
  readonly projectVersion: string
  readonly httpApiVersion: string
  /** `v1`: first segment of every URL (R1.1). */
  readonly apiPrefix: string
  readonly isProduction: boolean
  /** Of this machine, as logs name it; `HOSTNAME` can give it another name. */
  readonly hostname: string
  /** `{resource}_{permission}_principals` → principals; the names as `resourceKey` makes them. */
  readonly granted: ReadonlyMap<string, readonly string[]>
  /** `{resource}_cache_expires_seconds` → s, and `{plural|object}_{resource}_{method}_enabled` → whether; names as above. */
  readonly ofResources: ReadonlyMap<string, unknown>
  /** `multiauth.policy.{name}.{key}` → text. */
  readonly ofPolicies: ReadonlyMap<string, string>
  /** `plugin.{name}.{key}` → text. */
  readonly ofPlugins: ReadonlyMap<string, string>
  /** `event_listeners.{name}.{key}` → text. */
  readonly ofListeners: ReadonlyMap<string, string>
  /** How an error about a setting that is set begins, by its name: `application.ini:12: setting "cliquet.storage_backend"`. */
  readonly subjects: ReadonlyMap<string, string>
  /** The configuration file, if there is one. */
  readonly configFile: ConfigFileInfo | undefined
  /** What an operator should know at the start: names that are not known, or have no effect. */
  readonly notices: readonly string[]
}

export type { GivenSettings } from './settings/resolution.ts'

/** What settings are read from, the later winning: defaults, `given`, the configuration file, `environment`. */
export interface SettingSources {
  readonly name: string
  readonly version: string
  readonly given?: GivenSettings | undefined
  /** A configuration file; the environment can name another one (`CLIQUET_CONFIG`). */
  readonly config?: string | undefined
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** @throws ConfigurationError that names the setting, where it came from, and the nearest known name */
export function readSettings({ name, version, given = {}, config, environment = process.env }: SettingSources): Settings {
  const { found, notices, file } = resolveSettings({ name, given, config, environment })
  const set = [...found].filter(([, { value }]) => value !== undefined)
  const known = new Map([...defaults, ...set.filter(([key]) => defaults.has(key)).map(([key, { value }]) => [key, value] as const)])
  const named = Object.fromEntries([...known].map(([key, value]) => [camelCase(key), value])) as Named // made from the catalogue, key by key
  return {
    ...named,
    ...derived({ name, version }, named),
    ...variable(set),
    subjects: new Map([...found].map(([key, { origin }]) => [key, subjectOf(origin)])),
    configFile: file?.info,
    notices,
    isProduction: environment.NODE_ENV === 'production',
    hostname: environment.HOSTNAME || hostname(),
  }
}

/** What is in force and where it comes from, fit to be shown. @throws ConfigurationError as `readSettings` */
export const inspectSettings = ({ name, given = {}, config, environment = process.env }: SettingSources): SettingsReport =>
  reportSettings(resolveSettings({ name, given, config, environment }))

/** Makes a file the configuration of this process and of those that it starts, whatever the environment has named. For commands. */
export function nameConfigFile(file: string): void {
  process.env.CLIQUET_CONFIG = file
}

/** Tells libraries in this process, and the processes that it starts, what they read from the environment. What is set already stays as it is. */
export function offerEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) process.env[name] ??= value
}

/** Where the service manager, such as systemd, wants to be told that this process is ready. For commands. */
export const serviceManagerSocket = (): string | undefined => process.env.NOTIFY_SOCKET

const camelCase = (key: string): string => key.replace(/[_.]([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Settings whose names are not in the catalogue. */
function variable(set: readonly (readonly [string, Found])[]) {
  const granted = new Map<string, readonly string[]>()
  const ofResources = new Map<string, unknown>()
  const [ofPolicies, ofPlugins, ofListeners] = settingFamilies.map(
    ({ prefix }) => new Map(set.filter(([key]) => key.startsWith(prefix)).map(([key, { value }]) => [key, String(value)])),
  )
  for (const [key, { value }] of set) {
    if (defaults.has(key) || settingFamilies.some(({ prefix }) => key.startsWith(prefix))) continue
    if (Array.isArray(value)) granted.set(key, value)
    else ofResources.set(key, value)
  }
  const none = new Map<string, string>()
  return { granted, ofResources, ofPolicies: ofPolicies ?? none, ofPlugins: ofPlugins ?? none, ofListeners: ofListeners ?? none }
}

function derived({ name, version }: { readonly name: string; readonly version: string }, settings: Named) {
  const projectVersion = settings.projectVersion ?? version
  const httpApiVersion = settings.httpApiVersion ?? projectVersion.split('.').slice(0, 2).join('.')
  const major = /^\d+/.exec(httpApiVersion)?.[0]
  if (major === undefined) throw new ConfigurationError(`the API version "${httpApiVersion}" must begin with a number, as in 1.0`)
  return { projectName: settings.projectName ?? name, projectVersion, httpApiVersion, apiPrefix: `v${major}` }
}
