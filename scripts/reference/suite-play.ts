import { copyFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Backend } from './backends.ts'
import { type Cleanup, temporaryFolder } from './cleanup.ts'
import { type Exception, matchExceptions, parseVerdict, readExceptions } from './exceptions.ts'
import { runScript } from './script-run.ts'
import { type RunningServer, startServer } from './servers.ts'
import type { Suite } from './suite.ts'

/** How many exchanges matched, how many did not, and how many did not but are listed. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly excepted: number
}

/** What all suites of a run have in common. */
export interface PlayOptions {
  readonly backend: Backend
  readonly processes: number
  /** The player's script. */
  readonly player: string
  /** Options that the player is given besides. */
  readonly playerOptions: readonly string[]
  /** Whether to print exchanges that pass, too. */
  readonly verbose: boolean
  /** Exceptions beside those that lie in the suite's folder. */
  readonly exceptions: readonly Exception[]
  readonly cleanup: Cleanup
  readonly print: (line: string) => void
}

/** Starts the application of a suite on a fresh database, plays the suite, and ends it again. */
export async function playSuite(file: string, suite: Suite, options: PlayOptions): Promise<Counts> {
  const { backend, processes, cleanup, print } = options
  const { folder, remove } = temporaryFolder(cleanup, 'golden')
  const database = await backend.create(folder)
  const closeDatabase = cleanup.add(async () => database.close?.())
  const { head } = suite
  const versionFile = join(folder, 'version.json')
  if (head.versionFile !== undefined) writeFileSync(versionFile, JSON.stringify(head.versionFile))
  const settings = { ...database.settings, version_json_path: versionFile }
  const server = await startServer({ application: { kind: 'suite', head }, settings, processes, isMixed: true, folder }, cleanup)

  const counts = await compare({ file, suite, server, folder }, options)
  const fate = server.fate()
  if (fate !== undefined) print(`FAIL ${basename(file)}: ${fate}`)
  await server.stop()
  await closeDatabase()
  await remove()
  return fate === undefined ? counts : { ...counts, failed: counts.failed + 1 }
}

interface Play {
  readonly file: string
  readonly suite: Suite
  readonly server: RunningServer
  readonly folder: string
}

/** Plays a copy of the suite, beside which all its exceptions are listed: the player knows no other place for them. */
async function compare({ file, suite, server, folder }: Play, options: PlayOptions): Promise<Counts> {
  const { player, playerOptions, verbose, cleanup, print } = options
  const name = basename(file)
  const rows = [...readExceptions(join(dirname(file), 'exceptions.json')), ...options.exceptions].filter((row) => row.suite === name)
  const { byLabel, homeless } = matchExceptions(rows, suite.exchanges)
  const copy = join(folder, name)
  copyFileSync(file, copy)
  writeFileSync(join(folder, 'exceptions.json'), JSON.stringify(rows))

  const tally = { passed: 0, excepted: 0 }
  const stale: string[] = homeless.map(({ scenario, step }) => `FAIL ${name}: listed as an exception, but not there: ${scenario} #${step}`)
  let counted: number | undefined
  const onLine = (line: string): void => {
    const verdict = parseVerdict(line)
    if (verdict !== undefined) {
      const isStale = verdict.outcome === 'passed' && byLabel.has(verdict.label)
      if (isStale) stale.push(`FAIL ${name}: listed as an exception, but passes: ${verdict.label}`)
      else tally[verdict.outcome]++
    }
    const failed = /^golden: \d+ passed, (\d+) failed$/.exec(line)?.[1]
    if (failed !== undefined) counted = Number(failed)
    if (verdict === undefined || verbose) print(line)
  }
  const base = `${server.origin}/${suite.head.prefix}`
  const code = await runScript(player, ['--base', base, '--verbose', ...playerOptions, copy], { cleanup, onLine })
  if (counted === undefined) stale.push(`FAIL ${name}: the player ended with code ${code} before it had counted`)
  stale.forEach(print)
  return { ...tally, failed: (counted ?? 0) + stale.length }
}
