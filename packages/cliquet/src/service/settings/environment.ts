import { type Entry, unquoted } from './origin.ts'
import { type SettingFamily, settingFamilies } from './patterns.ts'
import { nameOfVariable, nearestVariable, variableOf } from './recognition.ts'

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A variable of a family: whose it is can be told when the names of the policies are known. */
export interface FamilyVariable {
  readonly family: SettingFamily
  /** What stands behind `MULTIAUTH_POLICY_`. */
  readonly rest: string
  readonly entry: Entry
  /** Of its prefix; the lower wins. */
  readonly rank: number
}

/** A variable with our prefix that is none of ours. */
export interface Stranger {
  readonly variable: string
  /** The variable that it must have been meant to be, with prefix. */
  readonly near: string | undefined
  /** Whether the prefix is `CLIQUET_`. */
  readonly isOurs: boolean
}

/** The settings of an environment. */
export interface EnvironmentSettings {
  /** The later layers win. */
  readonly layers: readonly (readonly Entry[])[]
  readonly ofFamilies: readonly FamilyVariable[]
  readonly strangers: readonly Stranger[]
}

const OURS = 'CLIQUET_'

/** Those that name the configuration file, and those that are for the tests of this project. */
const reserved = /^(?:CONFIG|INI|TEST_.*)$/

/** The prefix of variables that belongs to a prefix of keys: `my-app` has `MY_APP_`. */
export const variablePrefix = (prefix: string): string => `${variableOf(prefix)}_`

/** The configuration file that an environment names, by `CLIQUET_CONFIG` or, as in the original, `CLIQUET_INI`. */
export function configIn(environment: Environment, prefixes: readonly string[]): Entry | undefined {
  for (const prefix of prefixes) {
    for (const name of ['CONFIG', 'INI']) {
      const key = `${variablePrefix(prefix)}${name}`
      const value = environment[key]
      if (value !== undefined && value.trim() !== '') return { key, value, origin: { source: 'environment', key } }
    }
  }
  return undefined
}

/** Sorts out what of an environment is ours. Of several prefixes the first wins. */
export function readEnvironment(environment: Environment, prefixes: readonly string[]): EnvironmentSettings {
  const layers = prefixes.map((): Entry[] => [])
  const ofFamilies: FamilyVariable[] = []
  const strangers: Stranger[] = []
  for (const [variable, value] of Object.entries(environment)) {
    const ranks = [...prefixes.keys()].filter((rank) => variable.startsWith(variablePrefix(prefixes[rank] ?? '')))
    if (value === undefined || ranks.length === 0 || isOfKubernetes(variable, value)) continue
    const restOf = (rank: number): string => variable.slice(variablePrefix(prefixes[rank] ?? '').length)
    const entry = (key: string): Entry => ({ key, value: unquoted(value), origin: { source: 'environment', key: variable } })
    const rank = ranks.find((candidate) => nameOfVariable(restOf(candidate)) !== undefined)
    const family = ranks.flatMap((candidate) => familyVariable(restOf(candidate), candidate, entry(variable)))[0]
    if (rank !== undefined) layers[rank]?.push(entry(nameOfVariable(restOf(rank)) ?? ''))
    else if (family !== undefined) ofFamilies.push(family)
    else if (!ranks.some((candidate) => reserved.test(restOf(candidate)))) strangers.push(stranger(variable, ranks.map(restOf)))
  }
  const port = environment.PORT?.trim()
  const general: Entry[] = port ? [{ key: 'port', value: port, origin: { source: 'environment', key: 'PORT' } }] : []
  return { layers: [general, ...layers.toReversed()], ofFamilies, strangers }
}

/** Kubernetes tells every container of every service: of one that is called `bookmarks` by BOOKMARKS_PORT=tcp://10.0.0.1:80. */
const isOfKubernetes = (variable: string, value: string): boolean =>
  (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(value)) ||
  /_(?:SERVICE_(?:HOST|PORT)|PORT_\d+_(?:TCP|UDP|SCTP))/.test(variable)

function familyVariable(rest: string, rank: number, entry: Entry): FamilyVariable[] {
  const family = settingFamilies.find(({ prefix }) => rest.startsWith(variableOf(prefix)))
  return family === undefined ? [] : [{ family, rank, entry, rest: rest.slice(variableOf(family.prefix).length) }]
}

function stranger(variable: string, rests: readonly string[]): Stranger {
  const found = rests.map((rest) => ({ rest, near: nearestVariable(rest) })).find(({ near }) => near !== undefined)
  const near = found?.near === undefined ? undefined : `${variable.slice(0, -found.rest.length)}${found.near}`
  return { variable, near, isOurs: variable.startsWith(OURS) }
}

/** The name in full of a variable of a family, of the longest fitting member: `multiauth.policy.google.client_id`. */
export function familyName({ family, rest }: FamilyVariable, members: Iterable<string>): string | undefined {
  const fitting = [...members].filter((name) => rest.startsWith(`${variableOf(name)}_`) && rest.length > variableOf(name).length + 1)
  const [member] = fitting.sort((one, other) => other.length - one.length)
  return member === undefined ? undefined : `${family.prefix}${member}.${rest.slice(variableOf(member).length + 1).toLowerCase()}`
}
