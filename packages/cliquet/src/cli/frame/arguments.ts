import { parseArgs } from 'node:util'
import { nearest } from '../../service/settings/nearest.ts'
import type { Command, OptionDefinition, OptionDefinitions } from './command.ts'
import { UsageError } from './failure.ts'

/** Options that every command has. */
export const commonOptions = {
  help: { type: 'boolean', summary: 'Says how the command is used.' },
  debug: { type: 'boolean', summary: 'Tells of an error where it happened.' },
} as const satisfies OptionDefinitions

/** What stands behind the name of a command. */
export interface Arguments {
  readonly options: Readonly<Record<string, string | boolean>>
  readonly operands: readonly string[]
}

/** Reads what stands behind the name of a command. @throws UsageError naming the nearest right option */
export function parseArguments({ options, operands }: Pick<Command, 'options' | 'operands'>, args: readonly string[]): Arguments {
  const known: OptionDefinitions = { ...options, ...commonOptions }
  const short = Object.fromEntries(
    Object.entries(known).map(([name, { type }]) => [name, name === 'help' ? { type, short: 'h' } : { type }]),
  )
  const { tokens } = parseArgs({ args: [...args], options: short, strict: false, allowPositionals: true, tokens: true })
  const values: Record<string, string | boolean> = {}
  const found: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') found.push(token.value)
    if (token.kind !== 'option') continue
    const definition = Object.hasOwn(known, token.name) ? known[token.name] : undefined
    if (definition === undefined) throw new UsageError(`there is no option ${token.rawName}${hint(token.name, Object.keys(known))}`)
    values[token.name] = readValue(token.rawName, definition, token.value, token.inlineValue === true)
  }
  if (found.length > operands.length) throw new UsageError(`"${found[operands.length]}" is one argument too many`)
  return { options: values, operands: found }
}

function readValue(
  rawName: string,
  { type, value: shown }: OptionDefinition,
  value: string | undefined,
  isInline: boolean,
): string | boolean {
  if (type === 'boolean') {
    if (isInline) throw new UsageError(`${rawName} takes no value`)
    return true
  }
  // What looks like an option was meant as one.
  if (value === undefined || (!isInline && value.startsWith('-'))) throw new UsageError(`${rawName} needs a value: ${rawName} ${shown}`)
  return value
}

function hint(name: string, known: readonly string[]): string {
  const near = known.find((candidate) => name !== '' && candidate.startsWith(name)) ?? nearest(name, known)
  return near === undefined ? '' : `: did you mean --${near}?`
}
