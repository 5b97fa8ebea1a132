import cluster, { type Worker } from 'node:cluster'
import { isMessage, type Message } from './messages.ts'
import { addEnded, type Snapshot } from './snapshot.ts'

/** How long workers are waited for, ms. Of one that is busy for longer it is told what is known of it. */
const PATIENCE = 2000

/** A worker that was asked by Prometheus. */
interface Asker {
  readonly worker: Worker
  readonly id: number
}

/**
 * For the process that starts workers: gathers what each of them has measured, whenever Prometheus asks one of them, and keeps what was counted by
 * those that have ended. @returns what ends that
 */
export function gatherFromWorkers(): () => void {
  const groups = new Map<string, Group>()

  function onMessage(worker: Worker, message: unknown): void {
    if (!isMessage(message)) return
    const group = groups.get(message.prefix) ?? new Group(message.prefix)
    groups.set(message.prefix, group)
    group.take(worker, message)
  }
  // The last that is heard of a worker, however it ends: its exit may be told before its last message.
  function onDisconnect(worker: Worker): void {
    for (const group of groups.values()) group.end(worker)
  }

  cluster.on('message', onMessage).on('disconnect', onDisconnect)
  return () => void cluster.off('message', onMessage).off('disconnect', onDisconnect)
}

/** The workers whose drivers have one prefix. */
class Group {
  readonly #prefix: string
  /** Who will answer. */
  readonly #present = new Set<Worker>()
  /** What was last heard of each. */
  readonly #known = new Map<Worker, Snapshot>()
  #ended: Snapshot = []
  #round = 0
  readonly #rounds = new Map<number, (worker: Worker) => void>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  take(worker: Worker, message: Message): void {
    if ('snapshot' in message) this.#known.set(worker, message.snapshot)
    if (message.kind === 'here') this.#present.add(worker)
    if (message.kind === 'ask') this.#ask({ worker, id: message.id })
    if (message.kind === 'given') this.#rounds.get(message.id)?.(worker)
    if (message.kind === 'last') this.#leave(worker)
  }

  /** What an ended worker has counted is counted for ever. */
  end(worker: Worker): void {
    this.#ended = addEnded(this.#ended, this.#known.get(worker) ?? [])
    this.#known.delete(worker)
    this.#leave(worker)
  }

  #leave(worker: Worker): void {
    this.#present.delete(worker)
    for (const answered of this.#rounds.values()) answered(worker)
  }

  #ask(asker: Asker): void {
    this.#round += 1
    const id = this.#round
    const silent = new Set([...this.#present].filter((other) => other !== asker.worker && other.isConnected()))
    const end = (): void => {
      clearTimeout(timer)
      this.#rounds.delete(id)
      send(asker.worker, {
        cliquet: 'metrics',
        prefix: this.#prefix,
        kind: 'all',
        id: asker.id,
        snapshots: [...this.#known.values(), this.#ended],
      })
    }
    const timer = setTimeout(end, PATIENCE)
    this.#rounds.set(id, (worker) => {
      if (silent.delete(worker) && silent.size === 0) end()
    })
    for (const other of silent) send(other, { cliquet: 'metrics', prefix: this.#prefix, kind: 'give', id })
    if (silent.size === 0) end()
  }
}

/** A worker that is gone needs no message. */
function send(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message, () => {})
}
