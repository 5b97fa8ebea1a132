import { inspectSettings } from '../service/settings.ts'
import { configOption, defineCommand } from './frame/command.ts'
import { print } from './frame/terminal.ts'
import { identityHere } from './service/identity.ts'
import { useConfig } from './service/open.ts'

/** `cliquet settings` */
export const settings = defineCommand({
  name: 'settings',
  summary: 'Shows the settings in force, and where each comes from.',
  options: {
    set: { type: 'boolean', summary: 'Without defaults.' },
    json: { type: 'boolean', summary: 'As JSON.' },
    ...configOption,
  },
  details: ['Secrets, and passwords in URLs, are not shown. Settings that the program gives to createService are not known here.'],
  async run({ options, terminal }) {
    useConfig(options.config)
    const report = inspectSettings(identityHere())
    const shown = report.settings.filter(({ place, planned }) => place !== 'default' || (options.set !== true && !planned))
    if (options.json === true) return print(terminal, JSON.stringify({ ...report, settings: shown }, null, 2))
    const rows = shown.map(({ name, value, place, planned }) => [name, value, planned ? `${place} (has no effect yet)` : place] as const)
    const lines = rows.length === 0 ? ['Nothing is set.'] : aligned([['setting', 'value', 'from'], ...rows])
    for (const line of lines) print(terminal, line)
    for (const { name, place } of report.ignored) print(terminal, `${place}: "${name}" is not ours`)
    for (const notice of report.notices) terminal.stderr.write(`${notice}\n`)
  },
})

const LONGEST_COLUMN = 60

function aligned(rows: readonly (readonly [string, string, string])[]): string[] {
  const width = (column: 0 | 1): number => Math.min(LONGEST_COLUMN, Math.max(...rows.map((row) => row[column].length)))
  const [first, second] = [width(0), width(1)]
  return rows.map(([name, value, place]) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${place}`)
}
