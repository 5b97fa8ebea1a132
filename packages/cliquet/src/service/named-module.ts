import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Settings } from './settings.ts'

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>

/** How an error about a setting begins: with its place, if it is known. */
export const subject = ({ subjects }: Pick<Settings, 'subjects'>, name: string): string => subjects.get(name) ?? `setting "${name}"`

/**
 * Imports a module that a setting names: a package's, or a file by its path. A relative path starts at the folder of the configuration file if the
 * setting stands in it, else at the working directory. `hint`: what to say of a module that can't be loaded, in place of the reason.
 * @throws ConfigurationError that names the setting and its place
 */
export async function importNamed(specifier: string, setting: string, settings: Settings, hint?: string): Promise<Exports> {
  try {
    return (await import(located(specifier, setting, settings))) as Exports // a module namespace is an object of unknowns
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`${subject(settings, setting)}: the module ${specifier} can't be loaded: ${hint ?? reason}`, { cause })
  }
}

/** What a module that a setting names exports under that name. @throws ConfigurationError that says what it must export */
export async function importExport(specifier: string, name: string, form: string, setting: string, settings: Settings): Promise<unknown> {
  const exported = (await importNamed(specifier, setting, settings))[name]
  if (exported !== undefined) return exported
  throw new ConfigurationError(`${subject(settings, setting)}: the module ${specifier} must export ${form}`)
}

function located(specifier: string, setting: string, { subjects }: Settings): string {
  if (!/^\.{0,2}\//.test(specifier)) return specifier
  const [, file] = /^(.+):\d+: /.exec(subjects.get(setting) ?? '') ?? []
  return pathToFileURL(resolve(file === undefined ? '.' : dirname(file), specifier)).href
}
