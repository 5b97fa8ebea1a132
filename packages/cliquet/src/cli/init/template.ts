import { definitions, settingGroups } from '../../service/settings/catalogue.ts'
import { settingFamilies, settingPatterns } from '../../service/settings/patterns.ts'
import { wrap } from '../frame/help.ts'

/** Formats of configuration files, by the ending of the name. */
export type Format = 'ini' | 'toml' | 'yaml' | 'json'

const WIDTH = 118

const HEAD =
  'Configuration of a service made with Cliquet. Lines behind # show the defaults. Name this file by --config FILE, or in the environment ' +
  'by CLIQUET_CONFIG=FILE. The environment also sets single settings, and wins: CLIQUET_PORT=8080. It holds a secret: keep it out of ' +
  'version control.'

/** A configuration file: the given values, and in comments, where the format has them, all other settings with their defaults. */
export function configurationText(format: Format, given: ReadonlyMap<string, string>): string {
  if (format === 'json') return `${JSON.stringify(Object.fromEntries(given), null, 2)}\n`
  const groups = settingGroups.flatMap(({ title, settings }) => {
    const names = Object.keys(settings).filter((name) => definitions.get(name)?.planned !== true)
    return names.length === 0 ? [] : [`# --- ${title} ---`, '', ...names.flatMap((name) => settingLines(format, name, given.get(name)))]
  })
  const families = [...settingPatterns, ...settingFamilies.filter(({ planned }) => planned !== true)].flatMap(({ shape, summary }) => [
    ...comment(summary),
    `# ${assignment(format, shape, undefined)}`,
    '',
  ])
  return `${[...comment(HEAD), '', ...groups, '# --- Of resources and policies ---', '', ...families].join('\n').trimEnd()}\n`
}

function settingLines(format: Format, name: string, given: string | undefined): string[] {
  const definition = definitions.get(name)
  const summary = comment(definition?.summary ?? '')
  if (given !== undefined) return [...summary, assignment(format, name, given), '']
  return [...summary, `# ${assignment(format, name, definition?.default)}`, '']
}

const comment = (text: string): string[] => wrap(text, WIDTH).map((line) => `# ${line}`)

/** `name = value` in the words of the format. */
function assignment(format: Format, name: string, value: unknown): string {
  const isNone = value === undefined || value === ''
  if (format === 'ini') return `${name} = ${isNone ? '' : iniValue(value)}`.trimEnd()
  const shown = isNone ? '""' : JSON.stringify(value)
  return format === 'toml' ? `${name} = ${shown}` : `${name}: ${shown}`
}

const iniValue = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : String(value)).replaceAll('%', '%%')
