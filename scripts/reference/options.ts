import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { CommandError } from './command.ts'

/** The options and other arguments of a command. @throws CommandError for an unknown option */
export function parseOptions<const T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options, allowPositionals: true, strict: true })
  } catch (error) {
    const known = Object.keys(options).map((name) => `--${name}`)
    throw new CommandError(`${error instanceof Error ? error.message : String(error)} There are: ${known.join(', ')}`)
  }
}

/** A number from 1 on. @throws CommandError that names the option */
export function wholeNumber(text: string, option: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new CommandError(`${option} must be a whole number from 1 on, not "${text}"`)
}
