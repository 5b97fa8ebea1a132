import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from './backends.ts'
import { CommandError } from './command.ts'
import type { Ledger } from './ledger.ts'
import { createRecordClient } from './record-client.ts'
import type { RunningServer } from './servers.ts'
import { type Outcome, startLoad, type Target, type WriteLoad } from './write-load.ts'

/** What is killed again and again: the process of the service, or the server that its database is in. */
export type Victim = 'service' | 'server'

/** What a round is played with. */
export interface Scene {
  /** Collections by the user whose records they are. */
  readonly ledgers: ReadonlyMap<string, Ledger>
  readonly clients: number
  readonly database: Database
  /** Starts a service on the database. */
  start(): Promise<RunningServer>
}

/** One round. */
export interface Round {
  readonly number: number
  /** How long there is load before the kill, ms. */
  readonly moment: number
}

/** What has come of a round. */
export interface Fate extends Outcome {
  /** The service that runs now. */
  readonly service: RunningServer
  /** Writes to which nothing was answered. */
  readonly unanswered: number
  /** From when the victim can be used again until the service has done what it was asked, ms; of a service its start is a part of it. */
  readonly recovery: number
}

/** How long the database stays away after it was killed, ms. */
const OUTAGE = 200

/** How long the load goes on when the service answers again, ms. */
const AFTERMATH = 200

/** How long a service may take until it answers again, ms, before it is given up. */
const PATIENCE = 60_000

/** Writes until the victim is killed, and gets it back. */
export const playRound: Readonly<Record<Victim, (scene: Scene, service: RunningServer, round: Round) => Promise<Fate>>> = {
  async service(scene, service, round) {
    const { targets, load } = loadOn(scene, service, round)
    await sleep(round.moment)
    load.halt()
    await service.kill()
    const { unavailable, ...outcome } = await load.outcome
    // The database was there all the time.
    const errors = unavailable > 0 ? { ...outcome.errors, 503: unavailable } : outcome.errors
    const since = performance.now()
    const next = await scene.start()
    return { ...outcome, unavailable: 0, errors, service: next, unanswered: pending(targets), recovery: performance.now() - since }
  },

  async server(scene, service, round) {
    const { server } = scene.database
    if (server === undefined) throw new CommandError('this backend has no server that could be killed')
    const { targets, load } = loadOn(scene, service, round)
    await sleep(round.moment)
    await server.kill()
    await sleep(OUTAGE)
    await server.restart()
    const since = performance.now()
    await writeOnce(service)
    const recovery = performance.now() - since
    await sleep(AFTERMATH)
    load.halt()
    const outcome = await load.outcome
    return { ...outcome, service, unanswered: pending(targets) - outcome.unavailable, recovery }
  },
}

function loadOn({ ledgers, clients }: Scene, { origin }: RunningServer, { number }: Round): { targets: Target[]; load: WriteLoad } {
  const targets = [...ledgers].map(([user, ledger]) => ({ ledger, client: createRecordClient(origin, user) }))
  return { targets, load: startLoad(targets, clients, `r${number}`) }
}

const pending = (targets: readonly Target[]): number => targets.reduce((sum, { ledger }) => sum + ledger.pending(), 0)

/** Resolves when the service has written something. @throws CommandError if that takes too long */
async function writeOnce({ origin }: RunningServer): Promise<void> {
  const client = createRecordClient(origin, 'probe')
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; await sleep(5)) {
    const { status } = await client.write('PUT', randomUUID(), 'probe')
    if (status < 300) return
  }
  throw new CommandError(`the service has written nothing for ${PATIENCE / 1000} s after the return of its database`)
}
