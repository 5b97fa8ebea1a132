import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { gatherFromWorkers } from '../../metrics/prometheus/gathering.ts'
import { CommandFailure } from '../frame/failure.ts'

/** What the workers run. */
export interface WorkerProgram {
  /** Path of a script. */
  readonly script: string
  readonly args: readonly string[]
}

/** How workers are looked after. */
export interface WorkerOptions {
  readonly count: number
  /** Tells the operator. */
  readonly tell: (message: string) => void
}

/** Who ends sooner has crashed at once, ms. */
const SHORT_LIFE = 5000

/** The pause before the next worker where the last one crashed at once, ms: it doubles each time. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

/** How long workers may take to finish their requests, ms. */
const PATIENCE = 30_000

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM']

/**
 * Runs so many workers, which share their port, and replaces those that end. At SIGINT or SIGTERM all of them finish their requests; a second
 * signal ends them at once. @throws CommandFailure when the first one never listens, or one did not end well
 */
export async function runWorkers({ script, args }: WorkerProgram, { count, tell }: WorkerOptions): Promise<void> {
  cluster.setupPrimary({ exec: script, args: [...args] })
  const workers = new Workers(tell)
  const forget = workers.endAtSignals()
  const stopGathering = gatherFromWorkers()
  try {
    await workers.run(count)
  } finally {
    forget()
    stopGathering()
  }
  if (workers.failures > 0) throw new CommandFailure(`${workers.failures} of the workers failed at the end, or had to be killed`)
}

class Workers {
  readonly #tell: (message: string) => void
  readonly #ending = new AbortController()
  failures = 0

  constructor(tell: (message: string) => void) {
    this.#tell = tell
  }

  /** The first one alone until it listens: what is wrong with the service is wrong with all. */
  async run(count: number): Promise<void> {
    const first = cluster.fork()
    const listening = await Promise.race([once(first, 'listening').then(() => true), exitOf(first).then(() => false)])
    if (this.#isEnding) return await this.#keep(first)
    if (!listening) throw new CommandFailure('the service did not start')
    const others = Array.from({ length: count - 1 }, () => cluster.fork())
    await Promise.all([first, ...others].map((worker) => this.#keep(worker)))
  }

  /** Looks after a worker, and those that take its place. */
  async #keep(first: Worker): Promise<void> {
    let worker = first
    let begin = performance.now()
    let pause = 0
    for (;;) {
      const how = await exitOf(worker)
      if (this.#isEnding) {
        // Our own signal ends one that is not awake yet.
        if (how !== 'code 0' && how !== 'SIGTERM') this.failures += 1
        return
      }
      pause = performance.now() - begin > SHORT_LIFE ? 0 : Math.min(LONGEST_PAUSE, pause * 2 || FIRST_PAUSE)
      this.#tell(`worker ${worker.process.pid} ended (${how})${pause > 0 ? `: the next one starts in ${pause / 1000} s` : ''}`)
      await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => {})
      if (this.#isEnding) return
      begin = performance.now()
      worker = cluster.fork()
    }
  }

  /** @returns what takes it back */
  endAtSignals(): () => void {
    const end = (): void => {
      const signal = this.#isEnding ? 'SIGKILL' : 'SIGTERM'
      this.#ending.abort()
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
      setTimeout(end, PATIENCE).unref()
    }
    for (const signal of ENDING) process.on(signal, end)
    return () => {
      for (const signal of ENDING) process.off(signal, end)
    }
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted
  }
}

async function exitOf(worker: Worker): Promise<string> {
  const { exitCode, signalCode } = worker.process
  if (exitCode !== null || signalCode !== null) return signalCode ?? `code ${exitCode}`
  const [code, signal]: unknown[] = await once(worker, 'exit')
  return typeof signal === 'string' ? signal : `code ${code}`
}

/**
 * Starts a service in a worker. The signals that end a service end it here too, also if they come twice: from the terminal, which sends them to
 * every process, and from the one that looks after the workers.
 */
export async function startAsWorker(start: () => Promise<void>): Promise<void> {
  let hasStarted = false
  // Without a service that listens the way to the parent is all that keeps a worker running.
  const letGo = (): void => process.channel?.unref()
  for (const signal of ENDING) process.on(signal, () => (hasStarted ? letGo() : process.exit(0)))
  try {
    await start()
    hasStarted = true
  } catch (error) {
    letGo()
    throw error
  }
}
