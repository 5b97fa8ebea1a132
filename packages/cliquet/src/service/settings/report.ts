import { MASK, withoutPasswords } from '../../primitives/passwords.ts'
import { definitions } from './catalogue.ts'
import { placeOf } from './origin.ts'
import type { Resolution } from './resolution.ts'

/** A setting as it may be shown: without secrets, and without the passwords in URLs. */
export interface SettingInForce {
  readonly name: string
  /** Words of a list are separated by spaces; empty if there is no value. */
  readonly value: string
  /** `application.ini:12`, `CLIQUET_PORT`, `code` or `default`. */
  readonly place: string
  /** Whether it has no effect yet. */
  readonly planned: boolean
}

/** What is in force, and why. */
export interface SettingsReport {
  /** The catalogue's settings in its order, then those of resources, policies and listeners that are set. */
  readonly settings: readonly SettingInForce[]
  readonly notices: readonly string[]
  /** Names in the configuration file that are somebody else's, with their places. */
  readonly ignored: readonly { readonly name: string; readonly place: string }[]
}

/** Makes the report of what was found. */
export function reportSettings({ found, notices, ignored }: Resolution): SettingsReport {
  const names = new Set([...definitions.keys(), ...[...found.keys()].sort()])
  const settings = [...names].flatMap((name): SettingInForce[] => {
    const here = found.get(name)
    const definition = here?.definition ?? definitions.get(name)
    if (definition === undefined) return []
    const { value, place } =
      here?.value === undefined ? { value: definition.default, place: 'default' } : { value: here.value, place: placeOf(here.origin) }
    return [{ name, value: shown(value, definition.secret === true), place, planned: definition.planned === true }]
  })
  return { settings, notices, ignored: ignored.map((origin) => ({ name: origin.key, place: placeOf(origin) })) }
}

function shown(value: unknown, isSecret: boolean): string {
  if (value === undefined || value === '') return ''
  return isSecret ? MASK : withoutPasswords(Array.isArray(value) ? value.join(' ') : String(value))
}
