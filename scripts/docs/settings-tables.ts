import { settingGroups } from '../../packages/cliquet/src/service/settings/catalogue.ts'
import type { SettingDefinition } from '../../packages/cliquet/src/service/settings/kinds.ts'
import { settingFamilies, settingPatterns } from '../../packages/cliquet/src/service/settings/patterns.ts'
import { type Recognised, recognise } from '../../packages/cliquet/src/service/settings/recognition.ts'
import { type OriginalSetting, originalSettings } from './original-settings.ts'

/** Where a table is generated in a page: after this line, up to the next `<!-- end -->`. */
const begin = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g

/** The pages with generated tables, from the root of the repository. */
export const generatedPages = ['docs/settings.md', 'docs/settings-of-the-original.md'] as const

/** How to write them. */
export const HOW_TO_WRITE = 'node scripts/docs/write-settings.ts'

/** The page with its tables made anew from the catalogue; what stands between them is kept. */
export function withTables(page: string): string {
  return page.replace(begin, (_, start: string, name: string, end: string) => `${start}\n${tables[name]?.() ?? ''}\n${end}`)
}

const tables: Readonly<Record<string, () => string>> = {
  settings: () => settingGroups.map(({ title, settings }) => `## ${title}\n\n${settingTable(settings)}`).join('\n'),
  'settings-by-name': () => table(headings, [...settingPatterns, ...settingFamilies].map(patternRow)),
  'settings-of-the-original': () =>
    table(
      ['setting', 'default in Cliquet', 'default in kinto.core', 'here', 'default here'],
      originalSettings.map((original) => originalRow(original)),
    ),
}

const headings = ['setting', 'must be', 'default', 'meaning']

/** In a table a bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|')

const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |\n`

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), `|${'---|'.repeat(head.length)}\n`, ...rows.map(line)].join('')

const settingTable = (settings: Readonly<Record<string, SettingDefinition<unknown>>>): string =>
  table(
    headings,
    Object.entries(settings).map(([name, definition]) => [
      `\`${name}\``,
      definition.kind.expected,
      shownDefault(definition),
      meaning(definition),
    ]),
  )

const meaning = ({ summary, planned = false }: Pick<SettingDefinition<unknown>, 'summary' | 'planned'>): string =>
  planned ? `${summary} *Not built yet.*` : summary

function shownDefault({ default: value }: SettingDefinition<unknown>): string {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '–'
  return `\`${Array.isArray(value) ? value.join(' ') : String(value)}\``
}

const patternRow = (entry: (typeof settingPatterns)[number] | (typeof settingFamilies)[number]): readonly string[] => [
  `\`${entry.shape}\``,
  'kind' in entry ? entry.kind.expected : 'a text, a number, true, false, or a list of words',
  '–',
  meaning(entry),
]

function originalRow({ name, cliquet, kinto }: OriginalSetting): readonly string[] {
  const recognised = recogniseOriginal(name)
  if (recognised === undefined) throw new TypeError(`${name} has no counterpart, and no reason for that`)
  return [`\`${name}\``, cliquet, kinto, ...counterpart(name, recognised)]
}

/** What a name of the original stands for, its placeholders filled; undefined if nothing is said about it. */
export const recogniseOriginal = (name: string): Recognised | undefined =>
  recognise(name.replace(/<method>/, 'get').replace(/<(\w+)>/g, '$1'))

function counterpart(name: string, recognised: Recognised): readonly [string, string] {
  if ('former' in recognised) {
    const { former } = recognised
    return 'instead' in former ? [`refused: ${former.instead}`, '–'] : [`no effect: ${former.idle}`, '–']
  }
  const { definition, formerly } = recognised
  const same = name.startsWith('collection_') || name.startsWith('record_') ? `the same, and \`${renamed(name)}\`` : 'the same'
  const ours = formerly === undefined ? same : `\`${recognised.name}\``
  return [definition.planned === true ? `${ours}, not built yet` : ours, toldDefault(definition)]
}

/** The default, or what the summary says of it. */
function toldDefault(definition: SettingDefinition<unknown>): string {
  const [, told] = /Default(?: [^:]*)?: (.+)\.$/.exec(definition.summary) ?? []
  if (definition.default === undefined) return told ?? 'none'
  return definition.default === '' || (Array.isArray(definition.default) && definition.default.length === 0)
    ? 'empty'
    : shownDefault(definition)
}

const renamed = (name: string): string => name.replace(/^collection_/, 'plural_').replace(/^record_/, 'object_')
