import cluster, { type Worker } from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a worker tells the process that leads when it takes requests. */
export interface Readiness {
  readonly cliquet: 'ready'
  /** How long it goes on when it is told to end by SIGTERM, ms. */
  readonly delay: number
  /** How long it may take to end then, ms. */
  readonly patience: number
}

/** What ends a worker in good order. */
export type EndingSignal = 'SIGINT' | 'SIGTERM'

/** Of a worker that has not told. */
const USUAL = { delay: 0, patience: 30_000 }

/** What a worker needs besides to close its backends, ms. */
const MARGIN = 5000

/** A worker, as the process that leads sees it: from its start to its end. */
export class WorkerProcess {
  readonly #worker: Worker
  readonly #begin = performance.now()
  #readiness: Pick<Readiness, 'delay' | 'patience'> = USUAL
  /** Whether it has said that it is ready: signals reach it. */
  #isAwake = false
  #isDebugging = false
  /** Becomes true when it listens and is ready, false if it ends before. */
  readonly started: Promise<boolean>
  /** How it has ended: `code 0`, or the signal. */
  readonly exit: Promise<string>

  constructor() {
    const worker = cluster.fork()
    this.#worker = worker
    this.exit = new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) => resolve(signal ?? `code ${code}`))
    })
    const listening = new Promise((resolve) => worker.once('listening', resolve))
    const ready = new Promise<void>((resolve) => {
      worker.on('message', (message: unknown) => {
        if (!isReadiness(message)) return
        this.#readiness = message
        this.#isAwake = true
        resolve()
      })
    })
    this.started = Promise.race([Promise.all([listening, ready]).then(() => true), this.exit.then(() => false)])
  }

  get pid(): number | undefined {
    return this.#worker.process.pid
  }

  /** How long ago it was started, ms. */
  get age(): number {
    return performance.now() - this.#begin
  }

  signal(signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal)
  }

  /** Has it log everything, or the usual, once it is awake: SIGUSR2 changes from one to the other. */
  debug(isOn: boolean): void {
    if (!this.#isAwake || this.#isDebugging === isOn) return
    this.#isDebugging = isOn
    this.signal('SIGUSR2')
  }

  /** Lets it finish its requests; it is killed if it takes longer than it may. SIGINT: without the delay that load balancers need. */
  async end(signal: EndingSignal): Promise<void> {
    this.signal(signal)
    const { patience } = this.#readiness
    const isLate = await Promise.race([this.exit.then(() => false), sleep(this.#delay(signal) + patience + MARGIN, true, { ref: false })])
    if (isLate) this.signal('SIGKILL')
    await this.exit
  }

  /**
   * The same for the last ones of all. This process has their door open, too; it goes first: a client may come as long as anybody has it open, but is
   * served by workers only.
   */
  endWithAll(signal: EndingSignal): Promise<void> {
    if (this.#delay(signal) === 0 && this.#worker.isConnected()) this.#worker.disconnect()
    return this.end(signal)
  }

  #delay(signal: EndingSignal): number {
    return signal === 'SIGTERM' ? this.#readiness.delay : 0
  }
}

const isReadiness = (message: unknown): message is Readiness =>
  typeof message === 'object' && message !== null && 'cliquet' in message && message.cliquet === 'ready' && 'patience' in message
