import { isDeepStrictEqual } from 'node:util'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { definitions } from './catalogue.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { configIn, type Environment, familyName, readEnvironment, type Stranger, variablePrefix } from './environment.ts'
import { list, type SettingDefinition } from './kinds.ts'
import { nearest } from './nearest.ts'
import { type Entry, type Origin, placeOf, subjectOf, unknownName } from './origin.ts'
import { settingFamilies } from './patterns.ts'
import { nearestName, recognise } from './recognition.ts'

/** Settings as they are given in code: by name, as text or as values. */
export type GivenSettings = Readonly<Record<string, unknown>>

/** What settings are read from, the later winning: defaults, `given`, the configuration file, `environment`. */
export interface Sources {
  readonly name: string
  readonly given: GivenSettings
  /** The configuration file, unless the environment names one. */
  readonly config: string | undefined
  readonly environment: Environment
}

/** A value, and where it was found. */
export interface Found {
  /** Undefined for an empty text that unsets what has no default. */
  readonly value: unknown
  readonly definition: SettingDefinition<unknown>
  readonly origin: Origin
}

/** What the sources say. */
export interface Resolution {
  /** By the name in the catalogue, or of a resource, a policy or a listener. */
  readonly found: ReadonlyMap<string, Found>
  /** What an operator should know at the start. */
  readonly notices: readonly string[]
  /** Names in the file that are somebody else's. */
  readonly ignored: readonly Origin[]
  readonly file: ConfigFile | undefined
}

/** What is gathered on the way. */
interface Gathering {
  readonly prefixes: readonly string[]
  readonly found: Map<string, Found>
  readonly notices: string[]
  readonly ignored: Origin[]
}

/** Finds all settings. @throws ConfigurationError that names the place, the name and the nearest right one */
export function resolveSettings({ name, given, config, environment }: Sources): Resolution {
  const file = readFile(config, environment, ['cliquet', name])
  const inCode = Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]): Entry => ({ key, value, origin: { source: 'code', key } }))
  const inFile = (file?.entries ?? []).filter(({ value }) => value !== null)
  const prefixes = allPrefixes(['cliquet', name], environment, [...inFile, ...inCode])
  const { layers, ofFamilies, strangers } = readEnvironment(environment, prefixes)

  const gathering: Gathering = { prefixes, found: new Map(), notices: [], ignored: [] }
  for (const layer of [inCode, inFile, ...layers]) readLayer(layer, gathering)
  // The names of the policies are known now; the first prefix is to win.
  for (const variable of ofFamilies.toSorted((one, other) => other.rank - one.rank)) {
    const members = membersOf(variable.family.members, gathering)
    const key = familyName(variable, members)
    if (key === undefined)
      throw new ConfigurationError(`${subjectOf(variable.entry.origin)}: ${variable.family.members} names ${members.join(', ') || 'none'}`)
    readLayer([{ ...variable.entry, key }], gathering)
  }
  for (const stranger of strangers) tellStranger(stranger, gathering)
  tellPlanned(gathering)
  return { found: gathering.found, notices: gathering.notices, ignored: gathering.ignored, file }
}

function readFile(config: string | undefined, environment: Environment, prefixes: readonly string[]): ConfigFile | undefined {
  const named = configIn(environment, prefixes)
  if (named !== undefined) return readConfigFile(String(named.value), subjectOf(named.origin))
  return config === undefined ? undefined : readConfigFile(config, 'option "config"')
}

/** As in the original, the project's name is a prefix too, and `settings_prefix` can add another. */
function allPrefixes(base: readonly string[], environment: Environment, entries: readonly Entry[]): readonly string[] {
  const written = (name: string): unknown =>
    base.map((prefix) => environment[`${variablePrefix(prefix)}${name.toUpperCase()}`]).find((value) => value) ??
    entries.find(({ key }) => key === name || base.some((prefix) => key === `${prefix}.${name}`))?.value
  const more = [written('settings_prefix'), written('project_name')].filter((value) => typeof value === 'string' && /^[a-z]/i.test(value))
  return [...new Set([...base, ...more.map(String)])]
}

/** Two entries of one layer may say the same of one setting, but not different things. */
function readLayer(entries: readonly Entry[], gathering: Gathering): void {
  const inLayer = new Map<string, Found>()
  for (const entry of entries) {
    const bare = bareName(entry, gathering)
    const recognised = bare === undefined ? undefined : recognise(bare)
    if (recognised === undefined) continue
    const { name } = recognised
    if ('former' in recognised) {
      const { former } = recognised
      if ('instead' in former) throw new ConfigurationError(`${subjectOf(entry.origin)} is of the original: ${former.instead}`)
      gathering.notices.push(`the setting ${placed(name, entry.origin)} has no effect: ${former.idle}`)
      continue
    }
    const { definition, formerly } = recognised
    if (formerly !== undefined) gathering.notices.push(`the setting ${placed(formerly, entry.origin)} is called ${name} now`)
    const found = { value: readValue(definition, entry), definition, origin: entry.origin }
    const other = inLayer.get(name)
    if (other !== undefined && !isDeepStrictEqual(other.value, found.value)) {
      throw new ConfigurationError(`${subjectOf(found.origin)} says otherwise than ${subjectOf(other.origin)}: both are "${name}"`)
    }
    inLayer.set(name, found)
    gathering.found.set(name, found)
  }
}

/** The name without prefix; undefined if it is somebody else's. @throws ConfigurationError for an unknown one of ours */
function bareName({ key, origin }: Entry, { prefixes, ignored }: Gathering): string | undefined {
  if (recognise(key) !== undefined) return key
  const prefix = prefixes.filter((candidate) => key.startsWith(`${candidate}.`)).sort((one, other) => other.length - one.length)[0]
  const bare = prefix === undefined ? key : key.slice(prefix.length + 1)
  if (recognise(bare) !== undefined) return bare
  const isOurs = origin.source !== 'file' || prefix !== undefined || !key.includes('.') || namespaces.has(key.split('.', 1)[0] ?? '')
  const near = isOurs ? nearestName(bare) : nearestDotted(key, prefixes)
  if (!isOurs && near === undefined) {
    ignored.push(origin)
    return undefined
  }
  const hint = near === undefined ? '' : `: did you mean "${prefix === undefined ? '' : `${prefix}.`}${near}"?`
  throw new ConfigurationError(`${unknownName(origin)}${hint}`)
}

/** First parts of names in which all names are ours. */
const namespaces: ReadonlySet<string> = new Set(settingFamilies.map(({ prefix }) => prefix.split('.', 1)[0] ?? prefix))

/** What a dotted name without known prefix was meant to be. Kinto's is one that is easily left over in a file. */
function nearestDotted(key: string, prefixes: readonly string[]): string | undefined {
  const [first = ''] = key.split('.', 1)
  const rest = key.slice(first.length + 1)
  const prefix = first === 'kinto' ? 'cliquet' : nearest(first, prefixes, Math.min(2, Math.floor(first.length / 3)))
  return prefix !== undefined && recognise(rest) !== undefined ? `${prefix}.${rest}` : nearestName(key, 2)
}

function readValue({ kind, default: fallback, secret = false }: SettingDefinition<unknown>, { value, origin }: Entry): unknown {
  const unsets = typeof value === 'string' && value.trim() === '' && fallback === undefined && !secret && kind !== list
  if (unsets) return undefined
  const result = kind.read(value)
  if (result !== undefined) return result
  const advice = kind.advise?.(value)
  throw new ConfigurationError(advice === undefined ? `${subjectOf(origin)} must be ${kind.expected}` : `${subjectOf(origin)}: ${advice}`)
}

function membersOf(setting: string, { found }: Gathering): readonly string[] {
  const { value } = found.get(setting) ?? {}
  const names = Array.isArray(value) ? value.map((item) => String(item)) : setting === 'multiauth.policies' ? ['basicauth'] : []
  if (setting === 'event_listeners') return names.map(listenerWord)
  return setting === 'includes' ? names.map(moduleWord) : names
}

/** The last word of a module's name: `quotas` of `./plugins/quotas.ts`. */
export const moduleWord = (specifier: string): string =>
  specifier
    .replace(/\.[cm]?[jt]s$/, '')
    .split('/')
    .at(-1) ?? specifier

/** The name of a listener that is named by its module: the last word of it, also of a dotted name of the original. */
export const listenerWord = (specifier: string): string => moduleWord(specifier).split('.').at(-1) ?? specifier

function tellStranger({ variable, near, isOurs }: Stranger, { notices }: Gathering): void {
  const origin = { source: 'environment', key: variable } as const
  if (isOurs && near !== undefined) throw new ConfigurationError(`${unknownName(origin)}: did you mean ${near}?`)
  if (near !== undefined) notices.push(`the environment variable ${variable} is not known; ${near} is`)
  else if (isOurs) notices.push(`the environment variable ${variable} is not known`)
}

/** One line for all, as there are many where a configuration of the original is taken over. */
function tellPlanned({ found, notices }: Gathering): void {
  const isOff = ({ value, definition }: Found): boolean => value === '' || isDeepStrictEqual(value, definition.default)
  const idle = [...found].filter(([, setting]) => setting.definition.planned === true && !isOff(setting))
  if (idle.length === 0) return
  notices.push(`not built yet, these settings have no effect: ${idle.map(([name, { origin }]) => placed(name, origin)).join(', ')}`)
}

const placed = (name: string, origin: Origin): string => (origin.source === 'code' ? name : `${name} (${placeOf(origin)})`)

/** The value of each setting that has a default and was not found. */
export const defaults: ReadonlyMap<string, unknown> = new Map([...definitions].map(([name, definition]) => [name, definition.default]))
