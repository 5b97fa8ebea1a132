import { commonOptions } from './arguments.ts'
import type { Command, OptionDefinition } from './command.ts'

const WIDTH = 100

/** How the program is used: its commands. */
export function programHelp(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }): readonly [string, string] => [name, summary])
  return [
    'Usage: cliquet COMMAND [OPTIONS]',
    '',
    ...table(rows),
    '',
    '`cliquet COMMAND --help` tells more. Exit codes: 0 done, 1 failed, 2 not understood.',
    '',
  ].join('\n')
}

/** How a command is used. */
export function commandHelp({ name, summary, operands, options, details }: Command): string {
  const rows = Object.entries({ ...options, ...commonOptions }).map(
    ([option, definition]: [string, OptionDefinition]): readonly [string, string] => [
      `${option === 'help' ? '-h, ' : '    '}--${option}${definition.value === undefined ? '' : ` ${definition.value}`}`,
      definition.summary,
    ],
  )
  return [
    `Usage: ${['cliquet', name, ...operands, '[OPTIONS]'].join(' ')}`,
    '',
    ...wrap(summary, WIDTH),
    ...details.flatMap((paragraph) => ['', ...wrap(paragraph, WIDTH)]),
    '',
    ...table(rows),
    '',
  ].join('\n')
}

/** Two columns, the second one in several lines where it is long. */
function table(rows: readonly (readonly [string, string])[]): string[] {
  const indent = Math.max(...rows.map(([left]) => left.length)) + 4
  return rows.flatMap(([left, right]) =>
    wrap(right, WIDTH - indent).map((line, index) => `${(index === 0 ? `  ${left}` : '').padEnd(indent)}${line}`),
  )
}

/** The text in lines of at most so many characters. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
