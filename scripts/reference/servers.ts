import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApplicationPlan, PlanSettings } from './applications.ts'
import type { Cleanup } from './cleanup.ts'
import { CommandError } from './command.ts'

/** What a server process is told. */
export interface ServerPlan {
  readonly application: ApplicationPlan
  readonly settings: PlanSettings
  readonly processes: number
  /** With several processes: whether one client's requests go to all of them in turn. */
  readonly isMixed?: boolean
  /** Where it runs; whatever it writes by a relative path is written there. */
  readonly folder: string
}

/** A service that runs in one process or several behind one port. */
export interface RunningServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  /** How it ended by itself, if it did. */
  fate(): string | undefined
  /** Lets it end cleanly, within seconds. */
  stop(): Promise<void>
  /** Ends it in the middle of whatever it does (SIGKILL), and resolves when it is gone. */
  kill(): Promise<void>
}

/** How long a service may take to start or to end, ms. */
const patience = 20_000

/** Starts a service and waits until it answers. @throws CommandError if it does not start */
export async function startServer(plan: ServerPlan, cleanup: Cleanup): Promise<RunningServer> {
  const child = fork(join(import.meta.dirname, 'server.ts'), [JSON.stringify(plan)], {
    cwd: plan.folder,
    env: plainEnvironment(),
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // What the service logs is not what the command reports.
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  const life = watch(child)
  const stop = cleanup.add(() => life.end('let go'))
  const port = await portOf(child)
  const origin = `http://127.0.0.1:${port}`
  await answer(origin)
  return { origin, fate: life.fate, stop, kill: () => life.end('SIGKILL') }
}

/** Our environment without what would change the service: its settings come from the plan alone. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const foreign = /^(CLIQUET_|PORT$|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))), NODE_ENV: 'production' }
}

interface Life {
  fate(): string | undefined
  end(how: 'let go' | 'SIGKILL'): Promise<void>
}

function watch(child: ChildProcess): Life {
  let isExpected = false
  let fate: string | undefined
  const gone = once(child, 'exit').then(([code, signal]) => {
    if (!isExpected) fate = `the service ended by itself (${signal ?? `exit code ${code}`})`
  })
  return {
    fate: () => fate,
    async end(how) {
      isExpected = true
      if (how === 'SIGKILL') child.kill('SIGKILL')
      else if (child.connected) child.disconnect()
      const timer = setTimeout(() => child.kill('SIGKILL'), patience / 4)
      await gone
      clearTimeout(timer)
    },
  }
}

/** The port that the process reports. */
async function portOf(child: ChildProcess): Promise<number> {
  const outcome = await Promise.race([
    once(child, 'message').then(([message]: unknown[]) => message),
    once(child, 'exit').then(() => undefined),
    sleep(patience, undefined, { ref: false }),
  ])
  if (typeof outcome === 'object' && outcome !== null && 'port' in outcome) return Number(outcome.port)
  throw new CommandError('the service did not start; the lines above say why')
}

/** Resolves when the server answers anything. */
async function answer(origin: string): Promise<void> {
  const deadline = Date.now() + patience
  for (;;) {
    try {
      await (await fetch(`${origin}/`, { redirect: 'manual', headers: { connection: 'close' } })).text()
      return
    } catch (cause) {
      if (Date.now() > deadline) throw new CommandError(`the service at ${origin} does not answer: ${String(cause)}`)
      await sleep(20)
    }
  }
}
