import { type Connection, openConnection } from './connection.ts'

/** Before servers are compared: then V8 has compiled what they run. */
export const WARM_UP_SECONDS = 4

/** What is sent again and again, and the only status that may come back. */
export interface Workload {
  /** Sent in turn. */
  readonly requests: readonly Buffer[]
  readonly status: number
}

/** What came of a load. */
export interface LoadResult {
  /** Requests that were answered. */
  readonly count: number
  readonly perSecond: number
  /** The latency that one per cent of the requests exceeded, ms. */
  readonly p99: number
  /** CPU time of this process as a share of one core: near 1, the generator is what was measured. */
  readonly generatorShare: number
}

/** Where a load goes and how heavy it is. */
export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly seconds: number
  readonly workload: Workload
}

/** Sends as much as the connections can carry, one request at a time each. @throws when any answer has another status */
export async function runLoad({ port, connections, seconds, workload }: LoadOptions): Promise<LoadResult> {
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection(port)))
  const latencies: number[] = []
  const usage = process.cpuUsage()
  const start = performance.now()
  try {
    await Promise.all(opened.map((connection, lane) => repeat(connection, workload, { lane, until: start + seconds * 1000, latencies })))
  } finally {
    for (const connection of opened) connection.close()
  }
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(usage)
  return {
    count: latencies.length,
    perSecond: (latencies.length / elapsed) * 1000,
    p99: percentile(latencies, 0.99),
    generatorShare: (user + system) / 1000 / elapsed,
  }
}

interface Lane {
  /** Number of the connection: each begins elsewhere in the list of requests. */
  readonly lane: number
  readonly until: number
  readonly latencies: number[]
}

async function repeat(connection: Connection, { requests, status }: Workload, { lane, until, latencies }: Lane): Promise<void> {
  let next = lane * 7919
  for (let sent = performance.now(); sent < until; ) {
    const request = requests[next++ % requests.length]
    if (request === undefined) throw new Error('there is nothing to send')
    const reply = await connection.exchange(request)
    if (reply.status !== status) throw new Error(`expected ${status}, got:\n${reply.head}\n\n${reply.body}`)
    const now = performance.now()
    latencies.push(now - sent)
    sent = now
  }
}

/** The value that a share of `1 - part` exceeds; NaN of none. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** The middle value; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  return (upper + lower) / 2
}
