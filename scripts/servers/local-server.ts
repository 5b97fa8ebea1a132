import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePort } from './free-port.ts'
import type { Keeper, KeptProcess, Plan, User } from './keeper.ts'
import { createKeeper } from './keeper.ts'
import { UnavailableError } from './unavailable-error.ts'

/** A server of our own on 127.0.0.1, with a folder of its own. It goes when this process ends, however that comes. */
export interface LocalServer {
  readonly url: string
  readonly port: number
  /** Ends it and removes its folder. A second call does nothing. */
  stop(): Promise<void>
  /** Ends all its processes at one moment (SIGKILL); its folder stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and folder, after ending it cleanly if it runs. Resolves when it answers. */
  restart(): Promise<void>
}

/** What all starters take. */
export interface ServerOptions {
  /** Keeps the server; unless given, the server gets a keeper of its own. */
  readonly keeper?: Keeper | undefined
}

/** What makes a server one of its kind. */
export interface ServerKind {
  /** For messages and the folder's name. */
  readonly name: string
  /** Who runs it and owns its folder, if not we. */
  readonly user?: User | undefined
  /** Another port that it needs is so much above the first. */
  readonly portAbove?: number | undefined
  /** What ends it in good order, so that nothing it has acknowledged is lost. */
  readonly cleanSignal: NodeJS.Signals
  /** How it is started; the log and the folder are set for it. */
  plan(port: number, folder: string): Omit<Plan, 'cwd' | 'log' | 'user'>
  url(port: number): string
  /** Fills the empty folder. */
  prepare?(folder: string): Promise<void>
  /** Resolves if the server answers as it should; rejects as long as it does not. */
  answer(port: number): Promise<void>
  /** Makes what is needed at the first start, when it answers. */
  complete?(port: number): Promise<void>
  /** Takes back what outlives the processes, before the folder goes. */
  tidy?(folder: string): void
}

/** How long a server may take until it answers, ms. After a crash it has work to do first. */
const patience = 30_000

/** How often another port is tried when somebody was faster. */
const ports = 4

/** Starts a server. @throws UnavailableError if it does not start; nothing is left then */
export async function startLocalServer(kind: ServerKind, { keeper }: ServerOptions = {}): Promise<LocalServer> {
  const own = keeper === undefined ? createKeeper() : undefined
  const used = keeper ?? own ?? createKeeper()
  try {
    return await startKept(kind, used, async () => own?.close())
  } catch (error) {
    await own?.close()
    throw error
  }
}

async function startKept(kind: ServerKind, keeper: Keeper, release: () => Promise<void>): Promise<LocalServer> {
  const folder = await keeper.folder(kind.name.toLowerCase(), kind.user)
  const { port, life } = await startIn(folder, kind, keeper)
  let running = life
  let stopped: Promise<void> | undefined

  const end = async (signal?: NodeJS.Signals): Promise<void> => {
    const ending = running
    running = undefined
    await ending?.end(signal)
  }
  const stop = async (): Promise<void> => {
    await end()
    kind.tidy?.(folder)
    await keeper.remove(folder)
    await release()
  }
  return {
    url: kind.url(port),
    port,
    stop: () => (stopped ??= stop()),
    kill: () => end('SIGKILL'),
    async restart() {
      await end(kind.cleanSignal)
      running = await startAt(kind, keeper, folder, port)
    },
  }
}

/** Where a server runs, and its process if it does. */
interface Started {
  readonly port: number
  readonly life: KeptProcess | undefined
}

/** Starts it for the first time. If that fails the folder goes. */
async function startIn(folder: string, kind: ServerKind, keeper: Keeper): Promise<Started> {
  let started: Started | undefined
  try {
    await kind.prepare?.(folder)
    started = await startSomewhere(kind, keeper, folder)
    await kind.complete?.(started.port)
    return started
  } catch (error) {
    await started?.life?.end()
    await keeper.remove(folder)
    throw error
  }
}

async function startSomewhere(kind: ServerKind, keeper: Keeper, folder: string): Promise<Started> {
  for (let tries = 1; ; tries++) {
    const port = await findFreePort(kind.portAbove)
    try {
      return { port, life: await startAt(kind, keeper, folder, port) }
    } catch (error) {
      if (tries === ports || !/address already in use/i.test(String(error))) throw error
    }
  }
}

async function startAt(kind: ServerKind, keeper: Keeper, folder: string, port: number): Promise<KeptProcess> {
  const log = join(folder, 'server.log')
  const { user } = kind
  const life = await keeper.start({ ...kind.plan(port, folder), cwd: folder, log, user })
  let end: string | undefined
  void life.exit.then((how) => {
    end = how
  })
  let reason: unknown
  for (const deadline = Date.now() + patience; end === undefined && Date.now() < deadline; await sleep(20)) {
    try {
      await kind.answer(port)
      return life
    } catch (error) {
      reason = error
    }
  }
  const how = end === undefined ? `does not answer: ${String(reason)}` : `ended with ${end}`
  await life.end('SIGKILL')
  throw new UnavailableError(`${kind.name} ${how}. It said: ${lastOf(log)}`)
}

/** The end of what a server has said, in one line. */
const lastOf = (log: string): string =>
  readFileSync(log, 'utf8')
    .trim()
    .slice(-1000)
    .replace(/\s*\n\s*/g, ' | ')
