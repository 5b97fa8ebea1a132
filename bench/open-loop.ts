import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, headerOf, openConnection, type Reply } from './connection.ts'

/** Requests that come when they come, answered or not: as from many clients who know nothing of each other. */
export interface OpenLoad {
  readonly port: number
  /** One after the other. */
  readonly phases: readonly Phase[]
  /** Sent in turn. */
  readonly requests: readonly Buffer[]
  /** Of an answer that is no refusal. */
  readonly status: number
}

/** So many requests a second, evenly spaced. */
export interface Phase {
  readonly rate: number
  readonly seconds: number
}

/** What came of a phase. */
export interface PhaseResult {
  readonly served: Samples
  /** 503. */
  readonly refused: Samples
  /** Requests that were due while every connection was taken: they were never sent. */
  unsent: number
  /** Refusals without `Retry-After`, answers that are neither, and none at all. */
  faults: number
  /** How late requests were sent, ms: a load that is late is less even than was asked for. */
  readonly lateness: number[]
  /** CPU time of this process as a share of one core: near 1, the generator is what was measured. */
  share: number
}

/** When requests were sent, ms since the beginning of their phase, and how long their answers took. */
export interface Samples {
  readonly at: number[]
  readonly latency: number[]
}

/** Each has at most one request under way: a second one would wait where nobody sees it. */
const CONNECTIONS = 1000

/** How long answers are waited for at the end, ms. */
const PATIENCE = 15_000

/** Sends requests at fixed rates, each over a connection that is free. The connections are opened before. */
export async function runOpenLoad(load: OpenLoad): Promise<readonly PhaseResult[]> {
  const generator = new Generator(await openAll(load.port), load)
  const results: PhaseResult[] = []
  for (const phase of load.phases) results.push(await generator.run(phase))
  await generator.close()
  return results
}

class Generator {
  readonly #connections: readonly Connection[]
  readonly #free: Connection[]
  readonly #load: OpenLoad
  #next = 0
  #underWay = 0

  constructor(connections: readonly Connection[], load: OpenLoad) {
    this.#connections = connections
    this.#free = [...connections]
    this.#load = load
  }

  async run({ rate, seconds }: Phase): Promise<PhaseResult> {
    const result: PhaseResult = { served: none(), refused: none(), unsent: 0, faults: 0, lateness: [], share: 0 }
    const usage = process.cpuUsage()
    const begin = performance.now()
    const total = Math.floor(rate * seconds)
    for (let due = 0; due < total; await sleep(1)) {
      const elapsed = performance.now() - begin
      for (const until = Math.min(total, (elapsed / 1000) * rate); due < until; due += 1) {
        result.lateness.push(elapsed - (due / rate) * 1000)
        this.#send(result, begin)
      }
    }
    const { user, system } = process.cpuUsage(usage)
    result.share = (user + system) / 1000 / (performance.now() - begin)
    return result
  }

  /** Waits for the last answers. */
  async close(): Promise<void> {
    for (const end = performance.now() + PATIENCE; this.#underWay > 0 && performance.now() < end; ) await sleep(10)
    for (const connection of this.#connections) connection.close()
  }

  #send(result: PhaseResult, begin: number): void {
    const { requests } = this.#load
    const connection = this.#free.pop()
    const request = requests[this.#next++ % requests.length]
    if (connection === undefined || request === undefined) {
      result.unsent += 1
      return
    }
    const at = performance.now()
    this.#underWay += 1
    connection.exchange(request).then(
      (reply) => {
        this.#take(result, reply, { at: at - begin, latency: performance.now() - at })
        this.#underWay -= 1
        this.#free.push(connection)
      },
      () => {
        result.faults += 1
        this.#underWay -= 1
      },
    )
  }

  #take(result: PhaseResult, { status, head }: Reply, { at, latency }: { readonly at: number; readonly latency: number }): void {
    const samples = status === this.#load.status ? result.served : status === 503 ? result.refused : undefined
    samples?.at.push(at)
    samples?.latency.push(latency)
    if (samples === undefined || (samples === result.refused && headerOf(head, 'retry-after') === undefined)) result.faults += 1
  }
}

const none = (): Samples => ({ at: [], latency: [] })

/** In portions: the line of connections that the server has not taken yet is short. */
async function openAll(port: number): Promise<Connection[]> {
  const connections: Connection[] = []
  while (connections.length < CONNECTIONS) {
    connections.push(...(await Promise.all(Array.from({ length: 100 }, () => openConnection(port)))))
  }
  return connections
}
