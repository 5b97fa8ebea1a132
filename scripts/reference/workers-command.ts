import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from '../servers/free-port.ts'
import type { PlanSettings } from './applications.ts'
import type { Cleanup } from './cleanup.ts'
import { CommandError } from './command.ts'
import { plainEnvironment } from './servers.ts'

/** What `cliquet start` is to run. */
export interface WorkersPlan {
  readonly workers: number
  readonly settings: PlanSettings
  /** Where it runs, and where its module is written. */
  readonly folder: string
}

/** A service that `cliquet start --workers N` runs: the resource `record` at `/v1/records`. */
export interface WorkersCommand {
  readonly port: number
  /** Has every worker replaced. Resolves when all are new. @throws CommandError when they can't be */
  restart(): Promise<void>
  /** Lets all of them end. */
  end(): Promise<WorkersEnd>
}

/** How it has ended. */
export interface WorkersEnd {
  readonly code: number | null
  /** Requests that workers have begun to serve, since the start. */
  readonly begun: number
  /** Those of them whose answer was written to its end. */
  readonly answered: number
}

/** How long it may take to start, to be restarted or to end, ms. */
const PATIENCE = 120_000

const cliquet = join(import.meta.dirname, '../../packages/cliquet/src/cli/main.ts')
const applications = join(import.meta.dirname, 'applications.ts')

/** Each worker tells at its end how many requests it has begun and answered. */
const moduleText = (settings: PlanSettings): string => `
import { createApplication } from ${JSON.stringify(applications)}
const service = createApplication({ kind: 'records' }, ${JSON.stringify(settings)})
let begun = 0
let answered = 0
service.app.addHook('onRequest', async () => void (begun += 1))
service.app.addHook('onResponse', async (request, reply) => void (answered += reply.raw.writableFinished ? 1 : 0))
process.on('exit', () => process.stdout.write('requests ' + begun + ' ' + answered + '\\n'))
export default service
`

/** Starts it and waits until all workers are there. @throws CommandError if that takes too long */
export async function startWorkers({ workers, settings, folder }: WorkersPlan, cleanup: Cleanup): Promise<WorkersCommand> {
  writeFileSync(join(folder, 'server.ts'), moduleText(settings))
  const port = await findFreePort()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', cliquet, 'start', 'server.ts', '--workers', String(workers)],
    {
      cwd: folder,
      env: { ...plainEnvironment(), CLIQUET_HOST: '127.0.0.1', CLIQUET_PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text))
  const gone = once(child, 'close')
  cleanup.add(async () => {
    if (isAlive(child)) child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(timer)
  })
  const restarts = (): number => written.stderr.match(/^cliquet start: restarted/gm)?.length ?? 0
  const wait = (what: string, holds: () => boolean | Promise<boolean>): Promise<void> =>
    until(what, holds, () => (isAlive(child) ? undefined : `it has ended: ${written.stderr}`))
  await wait('the start', () => answers(port))

  return {
    port,
    async restart() {
      const before = restarts()
      child.kill('SIGHUP')
      await wait('the restart', () => {
        if (written.stderr.includes('restart failed')) throw new CommandError(written.stderr)
        return restarts() > before
      })
    },
    async end() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
      await gone
      clearTimeout(timer)
      const counts = [...written.stdout.matchAll(/^requests (\d+) (\d+)$/gm)]
      const sum = (group: number): number => counts.reduce((total, match) => total + Number(match[group]), 0)
      return { code: child.exitCode, begun: sum(1), answered: sum(2) }
    },
  }
}

const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null

async function answers(port: number): Promise<boolean> {
  try {
    await (await fetch(`http://127.0.0.1:${port}/v1/`, { headers: { connection: 'close' } })).text()
    return true
  } catch {
    return false
  }
}

async function until(what: string, holds: () => boolean | Promise<boolean>, fault: () => string | undefined): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; !(await holds()); await sleep(20)) {
    const reason = fault() ?? (Date.now() > deadline ? 'it takes too long' : undefined)
    if (reason !== undefined) throw new CommandError(`waiting for ${what} of the workers: ${reason}`)
  }
}
