import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './question.ts'
import { UnavailableError } from './unavailable-error.ts'

const SLOTS = 16_384

/** How long servers may take to know each other, ms. */
const patience = 20_000

/** Makes a cluster of empty Redis servers on 127.0.0.1: each gets an equal share of the slots, and all know each other. */
export async function formCluster(ports: readonly number[]): Promise<void> {
  const share = Math.ceil(SLOTS / ports.length)
  await Promise.all(
    ports.map(async (port, i) => {
      await order(port, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`)
      const slots = Array.from({ length: Math.min(share, SLOTS - i * share) }, (_, n) => i * share + n)
      await order(port, `CLUSTER ADDSLOTS ${slots.join(' ')}`)
    }),
  )
  await Promise.all(
    ports.flatMap((port) => ports.filter((other) => other > port).map((other) => order(port, `CLUSTER MEET 127.0.0.1 ${other}`))),
  )
  await Promise.all(ports.map((port) => settled(port, ports.length)))
}

async function order(port: number, command: string): Promise<void> {
  const answer = await ask(port, command)
  if (!answer.startsWith('+OK')) throw new UnavailableError(`Redis on port ${port} can't be made part of a cluster: ${answer.trim()}`)
}

async function settled(port: number, size: number): Promise<void> {
  const isSettled = (info: string): boolean =>
    ['cluster_state:ok', `cluster_known_nodes:${size}`, `cluster_size:${size}`].every((line) => info.includes(`${line}\r\n`))
  for (const deadline = Date.now() + patience; !isSettled(await ask(port, 'CLUSTER INFO', '\r\n\r\n')); await sleep(20)) {
    if (Date.now() > deadline) throw new UnavailableError(`the Redis cluster with port ${port} does not come up`)
  }
}
