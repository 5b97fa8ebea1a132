import cluster from 'node:cluster'
import { isMessage, type Message } from './messages.ts'
import type { Snapshot } from './snapshot.ts'

/** How long a worker waits for what the others have measured, ms: less than Prometheus waits for it. */
const PATIENCE = 5000

/** The other processes that serve the same port. */
export interface OtherWorkers {
  /** What each process has measured, this one too; undefined if nobody gathers it. */
  gather(): Promise<readonly Snapshot[] | undefined>
  /** Tells what was measured last. */
  close(): Promise<void>
}

type Waiting = (snapshots: readonly Snapshot[]) => void

/** Gets to know them; undefined where this process is the only one. `take` gives what it has measured itself. */
export function meetWorkers(prefix: string, take: () => Promise<Snapshot>): OtherWorkers | undefined {
  if (!cluster.isWorker || process.send === undefined) return undefined
  const waiting = new Map<number, Waiting>()
  let asked = 0

  function tell(message: { readonly kind: Message['kind'] } & Record<string, unknown>): Promise<void> {
    return new Promise((resolve) => {
      if (process.connected !== true) resolve()
      else process.send?.({ cliquet: 'metrics', prefix, ...message }, undefined, undefined, () => resolve())
    })
  }

  async function onMessage(message: unknown): Promise<void> {
    if (!isMessage(message) || message.prefix !== prefix) return
    if (message.kind === 'give') await tell({ kind: 'given', id: message.id, snapshot: await take() })
    if (message.kind === 'all') waiting.get(message.id)?.(message.snapshots)
  }

  process.on('message', onMessage)
  void tell({ kind: 'here' })
  return {
    async gather() {
      asked += 1
      const id = asked
      await tell({ kind: 'ask', id, snapshot: await take() })
      return await new Promise((resolve) => {
        const end = (snapshots?: readonly Snapshot[]): void => {
          clearTimeout(timer)
          waiting.delete(id)
          resolve(snapshots)
        }
        const timer = setTimeout(end, PATIENCE)
        waiting.set(id, end)
      })
    },
    async close() {
      process.off('message', onMessage)
      await tell({ kind: 'last', snapshot: await take() })
    },
  }
}
