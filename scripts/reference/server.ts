/**
 * A process that serves a plan, given as JSON in its first argument, on a free port that it tells its parent. With several processes this
 * one only leads: its workers share the port. It ends when the parent lets go of it, also when the parent was killed.
 */
import cluster from 'node:cluster'
import { createApplication } from './applications.ts'
import type { ServerPlan } from './servers.ts'

const plan = JSON.parse(process.argv[2] ?? '{}') as ServerPlan // written by startServer
// Ctrl-C reaches every process in front of the terminal; this one goes when its parent says so.
process.on('SIGINT', () => {})

/** Ends the process even if something does not let go, ms. One that leads outlives those it leads: what they write is removed after its end. */
const endWithin = (time: number): void => void setTimeout(() => process.exit(0), time).unref()

async function serve(): Promise<void> {
  const service = createApplication(plan.application, plan.settings)
  process.once('disconnect', () => {
    endWithin(2000)
    void service.close().finally(() => process.exit(0))
  })
  if (plan.processes > 1 && plan.isMixed) {
    // Connections are handed round, not requests: with one request each, the next request goes to another process.
    service.app.addHook('onSend', async (_request, reply) => void reply.header('connection', 'close'))
  }
  const url = await service.listen({ host: '127.0.0.1', port: 0, signals: false })
  process.send?.({ port: Number(new URL(url).port) })
}

function lead(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR
  let listening = 0
  let ending = false
  let living = plan.processes
  for (let n = 0; n < plan.processes; n++) {
    const worker = cluster.fork()
    worker.on('message', (message: unknown) => {
      listening++
      if (listening === plan.processes) process.send?.(message)
    })
    worker.on('exit', () => {
      living--
      if (!ending) process.exit(1)
      if (living === 0) process.exit(0)
    })
  }
  process.once('disconnect', () => {
    ending = true
    endWithin(4000)
    cluster.disconnect()
  })
}

if (plan.processes > 1 && cluster.isPrimary) lead()
else await serve()
