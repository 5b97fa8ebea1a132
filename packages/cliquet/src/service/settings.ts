import { ConfigurationError } from '../errors/configuration-error.ts'
import { nearest } from './nearest.ts'
import { settingCatalogue, settingPatterns } from './setting-catalogue.ts'
import type { SettingDefinition } from './setting-kinds.ts'

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
  /** `{resource}_{permission}_principals` → principals. */
  readonly granted: ReadonlyMap<string, readonly string[]>
  /** `{resource}_cache_expires_seconds` → s, and `{plural|object}_{resource}_{method}_enabled` → whether. */
  readonly ofResources: ReadonlyMap<string, unknown>
}

/** Settings as they are given in code: by name, as text or as values. */
export type GivenSettings = Readonly<Record<string, unknown>>

/** What settings are read from, the later winning: defaults, `given`, `environment`. */
export interface SettingSources {
  readonly name: string
  readonly version: string
  readonly given?: GivenSettings | undefined
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/** @throws ConfigurationError that names the setting, where it came from, and the nearest known name */
export function readSettings({ name, version, given = {}, environment = process.env }: SettingSources): Settings {
  const known = new Map<string, unknown>()
  const granted = new Map<string, readonly string[]>()
  const ofResources = new Map<string, unknown>()
  for (const [key, definition] of definitions) known.set(key, definition.default)

  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || value === null) continue
    const definition = definitions.get(key)
    if (definition !== undefined) known.set(key, read(definition.kind, value, `setting "${key}"`))
    else readPattern(key, value, { granted, ofResources })
  }
  for (const [key, definition] of definitions) {
    const [variable, value] = fromEnvironment(key, environment)
    if (value !== undefined) known.set(key, read(definition.kind, value, `environment variable ${variable}`))
  }
  const named = Object.fromEntries([...known].map(([key, value]) => [camelCase(key), value])) as Named // made from the catalogue, key by key
  return { ...named, ...derived({ name, version }, named), granted, ofResources, isProduction: environment.NODE_ENV === 'production' }
}

const definitions: ReadonlyMap<string, SettingDefinition<unknown>> = new Map(Object.entries(settingCatalogue))

const camelCase = (key: string): string => key.replace(/[_.]([a-z])/g, (_, letter: string) => letter.toUpperCase())

function read(kind: SettingDefinition<unknown>['kind'], value: unknown, place: string): unknown {
  const result = kind.read(value)
  if (result === undefined) throw new ConfigurationError(`${place} must be ${kind.expected}`)
  return result
}

interface PatternTargets {
  readonly granted: Map<string, readonly string[]>
  readonly ofResources: Map<string, unknown>
}

function readPattern(key: string, value: unknown, { granted, ofResources }: PatternTargets): void {
  const found = settingPatterns.find(({ pattern }) => pattern.test(key))
  if (found === undefined) throw new ConfigurationError(`unknown setting "${key}"${suggestion(key)}`)
  const result = read(found.kind, value, `setting "${key}"`)
  if (Array.isArray(result)) granted.set(key, result)
  else ofResources.set(key.replace(/^collection_/, 'plural_').replace(/^record_/, 'object_'), result)
}

function suggestion(key: string): string {
  const name = nearest(key, [...definitions.keys()])
  return name === undefined ? '' : `: did you mean "${name}"?`
}

/** `CLIQUET_STORAGE_URL`; `PORT` too. */
function fromEnvironment(key: string, environment: NonNullable<SettingSources['environment']>): [string, string | undefined] {
  const variable = `CLIQUET_${key.replaceAll('.', '_').toUpperCase()}`
  if (environment[variable] === undefined && key === 'port') return ['PORT', environment.PORT]
  return [variable, environment[variable]]
}

function derived({ name, version }: { readonly name: string; readonly version: string }, settings: Named) {
  const projectVersion = settings.projectVersion ?? version
  const httpApiVersion = settings.httpApiVersion ?? projectVersion.split('.').slice(0, 2).join('.')
  const major = /^\d+/.exec(httpApiVersion)?.[0]
  if (major === undefined) throw new ConfigurationError(`the API version "${httpApiVersion}" must begin with a number, as in 1.0`)
  return { projectName: settings.projectName ?? name, projectVersion, httpApiVersion, apiPrefix: `v${major}` }
}
