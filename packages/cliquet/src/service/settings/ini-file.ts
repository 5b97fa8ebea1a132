import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { type IniOption, type IniSection, parseIni, UNNAMED } from './ini.ts'
import { nearest } from './nearest.ts'
import { type Entry, unquoted } from './origin.ts'

/** How many names may lead from one to the next: as many as in the original. */
const DEEPEST = 10

/** A file that was read, and what `%(…)s` may name in it beside the options of the section. */
interface IniFile {
  /** As it was named. */
  readonly file: string
  readonly sections: ReadonlyMap<string, IniSection>
  readonly defaults: IniSection
}

/**
 * The settings in an `.ini` file: those of `[app:main]`, or of the only `[app:…]`, or of a file without sections, and `host` and `port` of
 * `[server:main]`. `[DEFAULT]` is for interpolation only; all other sections are other programs'. `wanted` names another section than main.
 * @throws ConfigurationError with the file and the line
 */
export function readIniFile(file: string, wanted: string | undefined): readonly Entry[] {
  const ini = openIni(file)
  return [...sectionEntries(ini, appSection(ini, wanted), []), ...serverEntries(ini)]
}

function openIni(file: string): IniFile {
  const sections = parseIni(readFileSync(file, 'utf8'), file)
  const own = { here: dirname(resolve(file)), __file__: resolve(file) }
  const defaults = new Map(Object.entries(own).map(([name, value]) => [name, { value: value.replaceAll('%', '%%'), line: 0 }]))
  for (const [name, option] of sections.get('DEFAULT') ?? []) defaults.set(name, option)
  return { file, sections, defaults }
}

function appSection({ file, sections }: IniFile, wanted = 'main'): string {
  const names = [...sections.keys()]
  const apps = names.filter((name) => /^app(?:lication)?:/.test(name))
  const named = names.find((name) => name === `app:${wanted}` || name === `application:${wanted}` || name === wanted)
  const found = named ?? (wanted === 'main' ? (apps.length === 1 ? apps[0] : apps.length === 0 ? UNNAMED : undefined) : undefined)
  const [first] = sections.get(UNNAMED)?.values() ?? []
  if (first !== undefined && found !== UNNAMED) throw new ConfigurationError(`${file}:${first.line}: this stands before the first section`)
  if (found !== undefined && (found !== UNNAMED || first !== undefined || names.length === 1)) return found
  const others = apps.length > 0 ? apps : names.filter((name) => name !== UNNAMED)
  throw new ConfigurationError(`${file} has no section [app:${wanted}], but ${others.map((name) => `[${name}]`).join(', ')}`)
}

/** `parents` are the sections, with their files, that lead here by `use`. */
function sectionEntries(ini: IniFile, section: string, parents: readonly string[]): readonly Entry[] {
  const place = `${resolve(ini.file)}#${section}`
  const options = ini.sections.get(section) ?? new Map<string, IniOption>()
  const use = options.get('use')
  if (parents.includes(place)) throw new ConfigurationError(`${ini.file}:${use?.line}: [${section}] uses itself`)
  const used = use === undefined ? [] : usedEntries(ini, interpolate(ini, options, 'use', use), use.line, [...parents, place])
  const own = [...options].flatMap(([name, option]): Entry[] => {
    // These are for who loads the application, not for the application.
    if (name === 'use' || name === 'filter-with' || name.startsWith('set ')) return []
    return [entry(ini, options, name, option)]
  })
  const replaced = new Set(own.map(({ key }) => key))
  return [...used.filter(({ key }) => !replaced.has(key)), ...own]
}

/** `use = egg:…` and `call:…` name what is Python; `config:FILE#SECTION` and `SECTION` lead to more settings. */
function usedEntries(ini: IniFile, use: string, line: number, parents: readonly string[]): readonly Entry[] {
  if (/^(?:egg|call):/.test(use)) return []
  const [, path, name] = /^config:([^#]+)(?:#(.+))?$/.exec(use) ?? []
  try {
    const next = path === undefined ? ini : openIni(join(dirname(ini.file), path))
    return sectionEntries(next, appSection(next, path === undefined ? use : name), parents)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`${ini.file}:${line}: use = ${use}: ${reason}`, { cause })
  }
}

function serverEntries(ini: IniFile): readonly Entry[] {
  const options = ini.sections.get('server:main') ?? new Map<string, IniOption>()
  return ['host', 'port'].flatMap((name) => {
    const option = options.get(name)
    return option === undefined ? [] : [entry(ini, options, name, option)]
  })
}

const entry = (ini: IniFile, options: IniSection, key: string, option: IniOption): Entry => ({
  key,
  value: unquoted(interpolate(ini, options, key, option)),
  origin: { source: 'file', key, file: ini.file, line: option.line },
})

/** Replaces `%(name)s` by an option of the section or of `[DEFAULT]`, and `%%` by `%`. Any other `%` is left as it is. */
function interpolate(ini: IniFile, options: IniSection, name: string, { value, line }: IniOption, names: readonly string[] = []): string {
  const path = [...names, name]
  return value.replace(/%%|%\(([^)]*)\)s/g, (whole, reference: string | undefined) => {
    if (reference === undefined) return '%'
    const option = (reference === name ? undefined : options.get(reference)) ?? ini.defaults.get(reference)
    if (option !== undefined && path.length <= DEEPEST) return interpolate(ini, options, reference, option, path)
    const near = nearest(reference, [...options.keys(), ...ini.defaults.keys()])
    const hint = near === undefined || near === reference ? '' : `: did you mean %(${near})s?`
    throw new ConfigurationError(
      `${ini.file}:${line}: setting "${name}": ${whole} ${option === undefined ? 'is not known' : 'names itself'}${hint}`,
    )
  })
}
