import type { Connection } from './connection.ts'
import type { Workload } from './load.ts'

/** How long single requests take on one connection, ms. @throws when any answer has another status */
export async function measureLatencies(
  connection: Connection,
  { requests, status }: Workload,
  count: number,
  first: number,
): Promise<number[]> {
  const latencies: number[] = []
  for (let number = first; number < first + count; number += 1) {
    const request = requests[number % requests.length]
    if (request === undefined) throw new Error('there is nothing to send')
    const start = performance.now()
    const reply = await connection.exchange(request)
    latencies.push(performance.now() - start)
    if (reply.status !== status) throw new Error(`expected ${status}, got:\n${reply.head}\n\n${reply.body}`)
  }
  return latencies
}
