import { nearest } from '../../service/settings/nearest.ts'
import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { failureText, isBrokenPipe, UsageError } from './failure.ts'
import { commandHelp, programHelp } from './help.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs the command that the arguments name. @returns the exit code: 0 done, 1 failed, 2 the arguments make no sense. What goes wrong is told in
 * one line on stderr; whoever stops reading our output is told nothing.
 */
export async function runCommandLine(args: readonly string[], commands: readonly Command[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  const debug = rest.includes('--debug')
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      terminal.stdout.write(programHelp(commands))
      return 0
    }
    await runCommand(find(name === '--version' ? 'version' : name, commands), rest, terminal)
    return 0
  } catch (error) {
    if (isBrokenPipe(error)) return 1
    const command = commands.find((candidate) => candidate.name === name)
    const program = command === undefined ? 'cliquet' : `cliquet ${command.name}`
    terminal.stderr.write(`${program}: ${failureText(error, { debug })}\n`)
    if (!(error instanceof UsageError)) return 1
    terminal.stderr.write(`\`${program} --help\` tells more.\n`)
    return 2
  }
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<void> {
  const { options, operands } = parseArguments(command, args)
  if (options.help === true) terminal.stdout.write(commandHelp(command))
  else await command.run({ options, operands, terminal, debug: options.debug === true })
}

function find(name: string, commands: readonly Command[]): Command {
  const command = commands.find((candidate) => candidate.name === name)
  if (command !== undefined) return command
  const near = nearest(
    name,
    commands.map((candidate) => candidate.name),
  )
  throw new UsageError(`there is no command "${name}"${near === undefined ? '' : `: did you mean "${near}"?`}`)
}
