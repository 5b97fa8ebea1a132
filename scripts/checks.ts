/**
 * `npm run checks -- [--backend NAME] [--processes N] [--seconds S] [--writers N] [--pollers N] [--clients N]`: starts a service and runs every
 * script of the shared folder `checks` against it, one after the other; how many passed comes last.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Backend, findBackend } from './reference/backends.ts'
import { type Cleanup, temporaryFolder } from './reference/cleanup.ts'
import { CommandError, runCommand } from './reference/command.ts'
import { parseOptions, wholeNumber } from './reference/options.ts'
import { runScript } from './reference/script-run.ts'
import { startServer } from './reference/servers.ts'
import { sharedPath } from './reference/shared-folder.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** The options that a script is given, as far as it knows them: a script says so by naming them. */
const ownOptions: Readonly<Record<string, readonly string[]>> = {
  'sync-check.mjs': ['writers', 'pollers'],
  'race-check.mjs': ['clients'],
}

interface Run {
  readonly backend: Backend
  readonly processes: number
  /** By option name. */
  readonly numbers: Readonly<Record<string, string>>
  readonly cleanup: Cleanup
}

/** Runs one check on a service and a database of its own. Resolves to whether it passed. */
const runCheck = async (folder: string, name: string, { backend, processes, numbers, cleanup }: Run): Promise<boolean> => {
  const { folder: place, remove } = temporaryFolder(cleanup, 'checks')
  const database = await backend.create(place)
  const closeDatabase = cleanup.add(async () => database.close?.())
  const server = await startServer({ application: { kind: 'records' }, settings: database.settings, processes, folder: place }, cleanup)
  const options = ['seconds', ...(ownOptions[name] ?? [])].flatMap((option) => [`--${option}`, numbers[option] ?? ''])
  const code = await runScript(join(folder, name), ['--url', `${server.origin}/v1/records`, ...options], { cleanup, onLine: print })
  const fate = server.fate()
  if (fate !== undefined) print(`FAIL ${name}: ${fate}`)
  await server.stop()
  await closeDatabase()
  await remove()
  if (code !== 0) print(`FAIL ${name}: exit code ${code}`)
  return code === 0 && fate === undefined
}

const main = async (cleanup: Cleanup): Promise<number> => {
  const { values, positionals } = parseOptions({
    backend: { type: 'string', default: 'sqlite' },
    processes: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
    writers: { type: 'string', default: '16' },
    pollers: { type: 'string', default: '2' },
    clients: { type: 'string', default: '32' },
  })
  if (positionals.length > 0) throw new CommandError(`"${positionals.join(' ')}" is not understood; there are only options`)
  const { backend: name, ...numbers } = values
  const processes = wholeNumber(numbers.processes, '--processes')
  for (const [option, value] of Object.entries(numbers)) wholeNumber(value, `--${option}`)
  const backend = findBackend(name, processes)
  const folder = sharedPath('checks')
  const checks = readdirSync(folder).filter((file) => file.endsWith('.mjs'))
  if (checks.length === 0) throw new CommandError(`${folder} holds no check (*.mjs)`)

  const tally = { passed: 0, failed: 0 }
  for (const check of checks.sort()) {
    const hasPassed = await runCheck(folder, check, { backend, processes, numbers, cleanup })
    tally[hasPassed ? 'passed' : 'failed']++
  }
  const where = processes > 1 ? `${name}, ${processes} processes` : name
  print(`checks: ${where}: ${tally.passed} passed, ${tally.failed} failed`)
  return tally.failed === 0 ? 0 : 1
}

await runCommand('checks', main)
