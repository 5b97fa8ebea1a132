import type { Terminal } from './terminal.ts'

/** An option of a command. */
export interface OptionDefinition {
  readonly type: 'string' | 'boolean'
  /** What stands for its value in the help: `FILE`. */
  readonly value?: string
  readonly summary: string
}

/** Options by name, without the dashes. */
export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>

/** The values of options that were given. */
export type OptionValues<O extends OptionDefinitions> = {
  readonly [K in keyof O]?: O[K]['type'] extends 'boolean' ? boolean : string
}

/** What a command is called with. */
export interface Invocation<Options = Readonly<Record<string, string | boolean>>> {
  readonly options: Options
  /** At most as many as the command takes. */
  readonly operands: readonly string[]
  readonly terminal: Terminal
  readonly debug: boolean
}

/** A command. */
export interface Command {
  readonly name: string
  /** In a few words. */
  readonly summary: string
  /** Names of what it takes besides options: `[FILE]`. */
  readonly operands: readonly string[]
  readonly options: OptionDefinitions
  /** What else there is to say: paragraphs. */
  readonly details: readonly string[]
  /** Does it. Whatever it throws is told in one line, and the command ends with 1. */
  run(invocation: Invocation): Promise<void>
}

/** What `defineCommand` takes. */
export interface CommandDefinition<O extends OptionDefinitions> extends Partial<Pick<Command, 'operands' | 'details'>> {
  readonly name: string
  readonly summary: string
  readonly options: O
  run(invocation: Invocation<OptionValues<O>>): Promise<void>
}

/** Makes a command. */
export function defineCommand<const O extends OptionDefinitions>(definition: CommandDefinition<O>): Command {
  const { operands = [], details = [], run } = definition
  const command = { ...definition, operands, details }
  return { ...command, run: (invocation) => run(invocation as Invocation<OptionValues<O>>) } // parsed by these very options
}

/** Of commands that need to know the service. */
export const configOption = {
  config: { type: 'string', value: 'FILE', summary: 'Configuration file: .ini, .toml, .yaml or .json. CLIQUET_CONFIG names one too.' },
} as const satisfies OptionDefinitions
