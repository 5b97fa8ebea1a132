import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Ledger, SentWrite } from './ledger.ts'
import type { RecordClient } from './record-client.ts'

/** A collection under load. */
export interface Target {
  readonly client: RecordClient
  readonly ledger: Ledger
}

/** Clients that write as fast as they are answered. */
export interface WriteLoad {
  /** Lets no client begin another write. To be called before the service is killed, if it is: what is under way is left without an answer. */
  halt(): void
  /** Resolves when every client has ended. */
  readonly outcome: Promise<Outcome>
}

/** What has come of a load. */
export interface Outcome {
  readonly acknowledged: number
  /** Answers that ask to come back later: 503 with `Retry-After` (R3.19). */
  readonly unavailable: number
  /** Answers, and ends of connections, that nobody expected, by kind. */
  readonly errors: Readonly<Record<string, number>>
}

type Method = 'POST' | 'PUT' | 'DELETE'

/** So many ids a collection; the more there are, the rarer two clients meet at one. */
const MOST_IDS = 300

/** How long a client waits after a 503, ms: far less than it is asked to. */
const RETRY = 10

/** What a client does next: half replacements, a third new records, the rest deletions. */
function choose(ledger: Ledger, value: string): { readonly method: Method; readonly write: SentWrite } {
  const ids = ledger.ids()
  const known = ids[Math.floor(Math.random() * ids.length)]
  const chance = Math.random()
  if (known === undefined || (ids.length < MOST_IDS && chance < 0.3)) {
    return chance < 0.1 ? { method: 'POST', write: { id: undefined, value } } : { method: 'PUT', write: { id: randomUUID(), value } }
  }
  return chance < 0.8 ? { method: 'PUT', write: { id: known, value } } : { method: 'DELETE', write: { id: known, value: null } }
}

/** Starts so many clients, each on one of the targets in turn. `name` makes their values differ from those of other loads. */
export function startLoad(targets: readonly Target[], clients: number, name: string): WriteLoad {
  let halted = false
  let acknowledged = 0
  let unavailable = 0
  const errors: Record<string, number> = {}
  const fail = (kind: string): void => {
    errors[kind] = (errors[kind] ?? 0) + 1
  }

  async function writeOnce({ client, ledger }: Target, value: string): Promise<void> {
    const { method, write } = choose(ledger, value)
    ledger.send(write)
    try {
      const { status, id, stamp, isRetriable } = await client.write(method, write.id, write.value)
      if (status === 200 || status === 201) {
        ledger.acknowledge(write, id, stamp)
        acknowledged++
      } else if (status === 503 && isRetriable) {
        unavailable++
        await sleep(RETRY)
      } else {
        // A 5xx does not say that nothing was written.
        if (status < 500) ledger.refuse(write)
        if (status !== 404) fail(`${method} ${status}`)
      }
    } catch (error) {
      if (!halted) fail(String(error instanceof Error ? (error.cause ?? error) : error))
    }
  }

  async function run(target: Target, client: number): Promise<void> {
    for (let n = 0; !halted; n++) await writeOnce(target, `${name}-${client}-${n}`)
  }

  const running = Array.from({ length: clients }, (_, client) => {
    const target = targets[client % targets.length]
    return target === undefined ? Promise.resolve() : run(target, client)
  })
  return {
    halt() {
      halted = true
    },
    outcome: Promise.all(running).then(() => ({ acknowledged, unavailable, errors })),
  }
}
