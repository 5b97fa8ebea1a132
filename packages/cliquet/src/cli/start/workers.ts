import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import { isatty } from 'node:tty'
import { gatherFromWorkers } from '../../metrics/prometheus/gathering.ts'
import { CommandFailure } from '../frame/failure.ts'
import { type EndingSignal, WorkerProcess } from './worker-process.ts'

/** How workers are looked after. */
export interface WorkerOptions {
  readonly count: number
  /** The arguments of the command that each of them runs. */
  readonly args: readonly string[]
  /** Tells the operator. */
  readonly tell: (message: string) => void
  /** Called when the first one takes requests. */
  readonly onReady: () => void
}

/** Who ends sooner has crashed at once, ms. */
const SHORT_LIFE = 5000

/** The pause before the next worker where the last one crashed at once, ms: it doubles each time. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000

/** How long a worker may take to start that is to take the place of another, ms. Some have indexes to make first. */
const LONGEST_START = 300_000

/**
 * Runs so many workers, which share their port, and replaces those that end. At SIGINT or SIGTERM all of them finish their requests; a second
 * signal ends them at once. At SIGHUP new ones, which read code and settings anew, take their places; SIGUSR2 is handed on, also to
 * workers that come later.
 * @throws CommandFailure when the first one never listens, or one did not end well
 */
export async function runWorkers({ count, args, tell, onReady }: WorkerOptions): Promise<void> {
  // Workers accept by themselves. Handed round by this process, connections are lost with the worker that they are on their way to.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  cluster.setupPrimary({ args: [...args] })
  const workers = new Workers(tell, onReady)
  const stopGathering = gatherFromWorkers()
  const hasTerminal = isatty(0)
  const listeners: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGINT: () => workers.end('SIGINT'),
    SIGTERM: () => workers.end('SIGTERM'),
    // Its first meaning: the terminal is gone.
    SIGHUP: () => (hasTerminal && !isatty(0) ? workers.end('SIGTERM') : workers.restart()),
    SIGUSR2: () => workers.toggleDebugging(),
  }
  for (const [signal, listener] of Object.entries(listeners)) process.on(signal, listener)
  try {
    await workers.run(count)
  } finally {
    for (const [signal, listener] of Object.entries(listeners)) process.off(signal, listener)
    stopGathering()
  }
  if (workers.failures > 0) throw new CommandFailure(`${workers.failures} of the workers failed at the end, or had to be killed`)
}

/** One of the places that there are for workers. */
interface Place {
  /** Who serves there. */
  worker: WorkerProcess
  /** Pending while somebody is about to take over; then `worker` is who stays. */
  relief: Promise<boolean> | undefined
}

class Workers {
  readonly #tell: (message: string) => void
  readonly #onReady: () => void
  readonly #ending = new AbortController()
  readonly #living = new Set<WorkerProcess>()
  readonly #places: Place[] = []
  #isRestarting = false
  #isRestartWanted = false
  #isDebugging = false
  failures = 0

  constructor(tell: (message: string) => void, onReady: () => void) {
    this.#tell = tell
    this.#onReady = onReady
  }

  /** The first one alone until it listens: what is wrong with the service is wrong with all. */
  async run(count: number): Promise<void> {
    const first = this.#fork()
    if (!(await first.started) && !this.#isEnding) throw new CommandFailure('the service did not start')
    if (!this.#isEnding) this.#onReady()
    this.#places.push({ worker: first, relief: undefined })
    while (this.#places.length < count && !this.#isEnding) this.#places.push({ worker: this.#fork(), relief: undefined })
    if (this.#isRestartWanted) this.restart()
    await Promise.all(this.#places.map((place) => this.#keep(place)))
  }

  /** Lets all of them end, or kills them if that has been said before. */
  end(signal: EndingSignal): void {
    for (const worker of this.#living) {
      if (this.#isEnding) worker.signal('SIGKILL')
      else void worker.endWithAll(signal)
    }
    this.#ending.abort()
  }

  /** Replaces all of them, one after the other. While that goes on another wish for it is remembered, once. */
  restart(): void {
    this.#isRestartWanted = true
    if (!this.#isRestarting && this.#places.length > 0) void this.#restartWhileWanted()
  }

  /** Has all of them log everything, or the usual. */
  toggleDebugging(): void {
    this.#isDebugging = !this.#isDebugging
    for (const worker of this.#living) worker.debug(this.#isDebugging)
  }

  #fork(): WorkerProcess {
    const worker = new WorkerProcess()
    this.#living.add(worker)
    void worker.exit.then(() => this.#living.delete(worker))
    void worker.started.then(() => worker.debug(this.#isDebugging))
    return worker
  }

  /** Looks after a place: whoever crashes there is replaced. */
  async #keep(place: Place): Promise<void> {
    let pause = 0
    for (;;) {
      const { worker } = place
      const how = await worker.exit
      if (!this.#isEnding) await place.relief
      if (this.#isEnding) {
        // Our own signal ends one that is not awake yet.
        if (!['code 0', 'SIGTERM', 'SIGINT'].includes(how)) this.failures += 1
        return
      }
      if (place.worker !== worker) continue
      pause = worker.age > SHORT_LIFE ? 0 : Math.min(LONGEST_PAUSE, pause * 2 || FIRST_PAUSE)
      this.#tell(`worker ${worker.pid} ended (${how})${pause > 0 ? `: the next one starts in ${pause / 1000} s` : ''}`)
      await sleep(pause, undefined, { signal: this.#ending.signal }).catch(() => {})
      if (!this.#isEnding) await place.relief
      if (this.#isEnding) return
      if (place.worker === worker) place.worker = this.#fork()
    }
  }

  async #restartWhileWanted(): Promise<void> {
    this.#isRestarting = true
    while (this.#isRestartWanted && !this.#isEnding) {
      this.#isRestartWanted = false
      await this.#restartAll()
    }
    this.#isRestarting = false
  }

  async #restartAll(): Promise<void> {
    const all = this.#places.length
    for (const [done, place] of this.#places.entries()) {
      const { worker } = place
      place.relief = this.#relieve(place)
      const isRelieved = await place.relief
      if (this.#isEnding) return
      if (!isRelieved) return this.#tell(`restart failed: a new worker did not start; ${done} of ${all} were replaced, the others go on`)
      await worker.end('SIGINT')
    }
    this.#tell(`restarted: ${all} new worker${all === 1 ? '' : 's'}`)
  }

  /** Starts somebody for a place. Who is there goes on until the new one listens, so that nobody is refused. @returns whether it does */
  async #relieve(place: Place): Promise<boolean> {
    const next = this.#fork()
    const hasStarted = await Promise.race([next.started, sleep(LONGEST_START, false, { ref: false })])
    if (hasStarted) place.worker = next
    else next.signal('SIGKILL')
    return hasStarted
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted
  }
}
