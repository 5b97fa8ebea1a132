/**
 * `npm run golden -- [--backend NAME] [--processes N] [--seed TEXT] [--only TEXT] [--verbose] SUITE.json…`: for each suite starts the
 * application that its head describes, plays it, and prints the player's lines; the counts of all suites come last. With `--exceptions FILE`
 * another list takes the place of `reference/golden-exceptions.json`.
 */
import { basename, join } from 'node:path'
import { findBackend } from './reference/backends.ts'
import type { Cleanup } from './reference/cleanup.ts'
import { CommandError, runCommand } from './reference/command.ts'
import { readExceptions } from './reference/exceptions.ts'
import { parseOptions, wholeNumber } from './reference/options.ts'
import { callerPath, sharedPath } from './reference/shared-folder.ts'
import { readSuite } from './reference/suite.ts'
import { type Counts, playSuite } from './reference/suite-play.ts'

const main = async (cleanup: Cleanup): Promise<number> => {
  const { values, positionals } = parseOptions({
    backend: { type: 'string', default: 'sqlite' },
    processes: { type: 'string', default: '1' },
    exceptions: { type: 'string', default: join(import.meta.dirname, 'reference', 'golden-exceptions.json') },
    seed: { type: 'string' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  })
  const processes = wholeNumber(values.processes, '--processes')
  const backend = findBackend(values.backend, processes)
  const player = sharedPath('golden', 'replay.mjs')
  const exceptions = readExceptions(callerPath(values.exceptions))
  if (positionals.length === 0) throw new CommandError('give the suites by path: npm run golden -- ../shared/golden/toolkit-crud.json')
  const playerOptions = (['seed', 'only'] as const).flatMap((name) => (values[name] === undefined ? [] : [`--${name}`, values[name]]))
  // All suites are read before the first is played: a wrong path is said at once.
  const suites = positionals.map(callerPath).flatMap((file) => {
    const suite = readSuite(file)
    return suite === undefined ? [] : [{ file, suite }]
  })

  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const total = { passed: 0, failed: 0, excepted: 0 }
  for (const { file, suite } of suites) {
    print(`${basename(file)}`)
    const counts: Counts = await playSuite(file, suite, {
      ...{ backend, processes, player, playerOptions, exceptions, cleanup, print, verbose: values.verbose },
    })
    for (const name of ['passed', 'failed', 'excepted'] as const) total[name] += counts[name]
  }
  if (total.passed + total.failed + total.excepted === 0) print('FAIL no exchange was played')
  const where = processes > 1 ? `${values.backend}, ${processes} processes` : values.backend
  print(`golden: ${where}: ${total.passed} passed, ${total.failed} failed, ${total.excepted} excepted`)
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

await runCommand('golden', main)
