import { Worker } from 'node:worker_threads'
import { BackendError } from '../../errors/backend-error.ts'
import { backendError } from './failure.ts'
import type { Answer, Call, Request, Response, WriterOptions } from './messages.ts'
import { moduleBeside } from './operations.ts'
import type { Turns } from './turns.ts'

const MAX_GROUP = 256

/** How much the newest group counts in the average of them. */
const NEWEST_SHARE = 0.1

/** What a thread of `node --watch` sends besides, about the modules that it imports. */
type Foreign = Readonly<Record<'watch:import' | 'watch:require', unknown>>

interface Waiting {
  readonly call: Call
  /** When it was asked for, by `performance.now`. */
  readonly since: number
  readonly resolve: (output: unknown) => void
  readonly reject: (error: BackendError) => void
}

/**
 * Sends writes to the writer thread: all of one turn of the event loop, and all that came while the thread was busy, commit together. The
 * thread starts with the first write and is replaced when it dies; while it is idle it keeps no process alive. A group takes a turn, so that it
 * and a transaction of the main thread wait for each other here and not at the file.
 */
export class WriteQueue {
  readonly #options: WriterOptions
  readonly #turns: Turns
  readonly #onStale: () => void
  #waiting: Waiting[] = []
  #flying: readonly Waiting[] = []
  #worker: Worker | undefined
  #scheduled = false
  #leave: () => void = () => {}
  #expiry: NodeJS.Timeout | undefined
  #created = false
  #groupBegan = 0
  /** How long a group takes, ms: a moving average. */
  #groupTakes = 0
  #closed: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  /** @param onStale called when the path came to name another file */
  constructor(options: WriterOptions, turns: Turns, onStale: () => void) {
    this.#options = options
    this.#turns = turns
    this.#onStale = onStale
  }

  /**
   * How much longer a call that comes now takes for those that are waiting already, ms. There is nothing to save by letting nobody wait: who shares a group
   * shares its wait for the disk.
   */
  get expectedWait(): number {
    return (this.#waiting.length / MAX_GROUP) * this.#groupTakes
  }

  /** Runs the call in the writer thread; resolves when it is committed. @throws BackendError */
  write(call: Call): Promise<unknown> {
    if (this.#closed !== undefined) return Promise.reject(new BackendError(`SQLite database ${this.#options.path} is closed`))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, since: performance.now(), resolve, reject })
      this.#schedule()
    })
  }

  /** Finishes what was begun, then ends the thread. */
  close(): Promise<void> {
    this.#closed ??= this.#drain().then(() => this.#end())
    return this.#closed
  }

  #schedule(): void {
    if (this.#scheduled || this.#flying.length > 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#leave = this.#turns.enter((leave) => this.#flush(leave))
      if (this.#scheduled) this.#awaitTurn()
    })
  }

  /** A turn that doesn't come is waited for as long as a file that others lock. */
  #awaitTurn(): void {
    const [oldest] = this.#waiting
    if (oldest !== undefined) {
      this.#expiry = setTimeout(() => this.#expire(), oldest.since + this.#options.timeout - performance.now())
      return
    }
    this.#leave()
    this.#scheduled = false
    this.#onIdle?.()
  }

  #expire(): void {
    const { path, timeout } = this.#options
    const limit = performance.now() - timeout
    const rest = this.#waiting.findIndex(({ since }) => since > limit)
    const expired = this.#waiting.splice(0, rest < 0 ? this.#waiting.length : rest)
    for (const { reject } of expired) reject(new BackendError(`SQLite database ${path}: a transaction took longer than ${timeout} ms`))
    this.#awaitTurn()
  }

  #flush(leave: () => void): void {
    clearTimeout(this.#expiry)
    this.#leave = leave
    this.#scheduled = false
    this.#flying = this.#waiting.splice(0, MAX_GROUP)
    this.#groupBegan = performance.now()
    try {
      this.#worker ??= this.#start()
      this.#worker.ref()
      const request: Request = { kind: 'calls', calls: this.#flying.map(({ call }) => call), mayCreate: !this.#created }
      this.#worker.postMessage(request)
    } catch (error) {
      this.#settle(this.#flying.map(() => ({ error, code: undefined })))
    }
  }

  #start(): Worker {
    const worker = new Worker(moduleBeside(import.meta.url, 'writer'), {
      workerData: this.#options,
      execArgv: process.execArgv.filter(concernsWarnings),
      name: 'cliquet SQLite writer',
    })
    let reason: unknown = new BackendError('the writer thread ended; whether the last writes were committed is unknown')
    worker.on('message', (response: Response | Foreign) => {
      if (!('answers' in response)) return
      if (response.stale) this.#onStale()
      this.#created ||= response.answers.some((answer) => 'output' in answer)
      worker.unref()
      this.#settle(response.answers)
    })
    worker.on('error', (error) => {
      reason = error
    })
    worker.on('exit', () => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      this.#settle(this.#flying.map(() => ({ error: reason, code: undefined })))
    })
    return worker
  }

  #settle(answers: readonly Answer[]): void {
    const settled = this.#flying
    this.#flying = []
    if (settled.length > 0) {
      this.#leave()
      this.#groupTakes += (performance.now() - this.#groupBegan - this.#groupTakes) * NEWEST_SHARE
    }
    for (const [index, { resolve, reject }] of settled.entries()) {
      const answer = answers[index]
      if (answer !== undefined && 'output' in answer) resolve(answer.output)
      else reject(this.#failure(answer))
    }
    if (this.#waiting.length > 0) this.#schedule()
    else this.#onIdle?.()
  }

  #failure(answer: Exclude<Answer, { output: unknown }> | undefined): BackendError {
    const { error, code } = answer ?? { error: 'no answer', code: undefined }
    const cause = error instanceof Error && code !== undefined ? Object.assign(error, { errcode: code }) : error
    return backendError(this.#options.path, cause)
  }

  async #drain(): Promise<void> {
    if (this.#waiting.length === 0 && this.#flying.length === 0) return
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve
    })
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    await new Promise<void>((resolve) => {
      worker.ref()
      worker.once('exit', () => resolve())
      const request: Request = { kind: 'close' }
      worker.postMessage(request)
    })
  }
}

/** Of the process's flags the thread takes these; others, such as those of `--eval`, don't fit it. */
const concernsWarnings = (flag: string): boolean => /^--(disable-warning=|no-warnings)/.test(flag)
