import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'

/** A user of this machine, by numbers. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** How a server is started. */
export interface Plan {
  readonly file: string
  readonly args: readonly string[]
  /** What the program is told its name is, if not its file's: some programs go by it. */
  readonly name?: string | undefined
  readonly cwd: string
  /** Added to ours. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Who runs it, if not we. */
  readonly user?: User | undefined
  /** A file that gets what the server prints. */
  readonly log: string
  /** What ends it when nobody needs what it has kept. */
  readonly endSignal: NodeJS.Signals
}

/** What the keeper process is told. */
export type Order =
  | { readonly what: 'start'; readonly plan: Plan }
  | { readonly what: 'end'; readonly pid: number; readonly signal?: NodeJS.Signals | undefined }
  | { readonly what: 'folder'; readonly name: string; readonly user?: User | undefined }
  | { readonly what: 'remove'; readonly folder: string }

/** What the keeper process says: an answer to an order (a process id, a path), or that a server has ended. */
export type Answer =
  | { readonly id: number; readonly value?: number | string | undefined; readonly error?: string }
  | { readonly pid: number; readonly exit: string }

/** A server that runs. */
export interface KeptProcess {
  /** Resolves when it has ended, however that came, to its exit code or signal. */
  readonly exit: Promise<string>
  /** Ends it: with SIGKILL all its processes at one moment, with another signal within seconds. Without one, as the plan says. */
  end(signal?: NodeJS.Signals): Promise<void>
}

/** Starts servers and sees to it that they and their folders go when this process ends, however it ends, SIGKILL included. */
export interface Keeper {
  /** Makes a temporary folder, which belongs to that user if one is given. */
  folder(name: string, user?: User): Promise<string>
  start(plan: Plan): Promise<KeptProcess>
  /** Removes a folder now. */
  remove(folder: string): Promise<void>
  /** Ends everything and removes all folders. A second call does nothing. */
  close(): Promise<void>
}

/** Starts a keeper: a small process, which does not keep this one from ending. */
export function createKeeper(): Keeper {
  const child = fork(join(import.meta.dirname, 'keeper-process.ts'), {
    detached: true,
    env: inherited(),
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  return new ProcessKeeper(child)
}

/** What the keeper and its servers inherit: nothing that concerns how this very process runs or where clients connect. */
function inherited(): NodeJS.ProcessEnv {
  const own = /^(NODE_OPTIONS|NODE_TEST_CONTEXT|NODE_V8_COVERAGE|NODE_CHANNEL_.*|LC_.*|LANG|LANGUAGE|PG.*)$/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)))
}

interface Pending {
  resolve(value: number | string | undefined): void
  reject(error: Error): void
}

class ProcessKeeper implements Keeper {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  readonly #exits = new Map<number, (how: string) => void>()
  /** Of servers that ended before their start was reported. */
  readonly #early = new Map<number, string>()
  readonly #gone: Promise<unknown>
  #lastId = 0

  constructor(child: ChildProcess) {
    this.#child = child
    this.#gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve)).then(() => this.#failAll())
    child.on('message', (message) => this.#hear(message as Answer)) // sent by keeper-process.ts
    this.#letGo()
  }

  async folder(name: string, user?: User): Promise<string> {
    return String(await this.#ask({ what: 'folder', name, user }))
  }

  async start(plan: Plan): Promise<KeptProcess> {
    const pid = Number(await this.#ask({ what: 'start', plan }))
    const exit = new Promise<string>((resolve) => {
      const early = this.#early.get(pid)
      if (early === undefined) this.#exits.set(pid, resolve)
      else resolve(early)
    })
    return { exit, end: (signal) => this.#undo({ what: 'end', pid, signal }) }
  }

  remove(folder: string): Promise<void> {
    return this.#undo({ what: 'remove', folder })
  }

  async close(): Promise<void> {
    this.#child.ref()
    if (this.#child.connected) this.#child.disconnect()
    await this.#gone
  }

  /** Once the keeper is closed everything is undone. */
  async #undo(order: Order): Promise<void> {
    if (this.#child.connected) await this.#ask(order)
    else await this.#gone
  }

  #ask(order: Order): Promise<number | string | undefined> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#child.ref()
      this.#child.channel?.ref()
      this.#child.send({ id, order }, (error) => {
        if (error) this.#settle(id)?.reject(error)
      })
    })
  }

  #hear(answer: Answer): void {
    if ('exit' in answer) {
      const report = this.#exits.get(answer.pid)
      if (report === undefined) this.#early.set(answer.pid, answer.exit)
      else report(answer.exit)
      this.#exits.delete(answer.pid)
      return
    }
    const pending = this.#settle(answer.id)
    if (answer.error === undefined) pending?.resolve(answer.value)
    else pending?.reject(new Error(answer.error))
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#letGo()
    return pending
  }

  #letGo(): void {
    this.#child.unref()
    this.#child.channel?.unref()
  }

  #failAll(): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(new Error('the process that keeps the servers has ended'))
  }
}
