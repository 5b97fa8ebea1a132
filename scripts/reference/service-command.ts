import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cleanup } from './cleanup.ts'
import { CommandError } from './command.ts'
import { plainEnvironment } from './servers.ts'

/** What `cliquet start` is to run. */
export interface CommandPlan {
  /** Where it runs. */
  readonly folder: string
  /** What stands behind `start`. */
  readonly args: readonly string[]
  /** It listens on this port of 127.0.0.1. */
  readonly port: number
  readonly environment?: Readonly<Record<string, string>>
}

/** `cliquet start`, which runs. */
export interface ServiceCommand {
  /** What it has written. */
  readonly written: { readonly stdout: string; readonly stderr: string }
  /** Has every worker replaced. Resolves when all are new. @throws CommandError when they can't be */
  restart(): Promise<void>
  /** SIGTERM. Resolves to the exit code when it has ended. */
  end(): Promise<number | null>
}

/** How long it may take to start, to be restarted or to end, ms. */
const PATIENCE = 120_000

const cliquet = join(import.meta.dirname, '../../packages/cliquet/src/cli/main.ts')

/** Starts it and waits until it answers. @throws CommandError if that takes too long */
export async function startServiceCommand({ folder, args, port, environment }: CommandPlan, cleanup: Cleanup): Promise<ServiceCommand> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cliquet, 'start', ...args], {
    cwd: folder,
    env: { ...plainEnvironment(), CLIQUET_HOST: '127.0.0.1', CLIQUET_PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text))
  const gone = once(child, 'close')

  async function end(patience: number): Promise<number | null> {
    if (isAlive(child)) child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), patience)
    await gone
    clearTimeout(timer)
    return child.exitCode
  }
  cleanup.add(async () => void (await end(5000)))

  async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; !(await holds()); await sleep(20)) {
      if (!isAlive(child)) throw new CommandError(`the service has ended before ${what}: ${written.stdout}${written.stderr}`)
      if (Date.now() > deadline) throw new CommandError(`${what} takes too long: ${written.stdout}${written.stderr}`)
    }
  }
  await until('its start', () => answers(port))

  const restarts = (): number => written.stderr.match(/^cliquet start: restarted/gm)?.length ?? 0
  return {
    written,
    async restart() {
      const before = restarts()
      child.kill('SIGHUP')
      await until('its restart', () => {
        if (written.stderr.includes('restart failed')) throw new CommandError(written.stderr)
        return restarts() > before
      })
    },
    end: () => end(PATIENCE),
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
