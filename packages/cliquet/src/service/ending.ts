import cluster from 'node:cluster'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Patience, PatientServer } from '../http/patient-server.ts'
import type { Settings } from './settings.ts'

/** The end of a service. */
export interface Ending {
  /** To be called before it listens, with the settings in force. */
  prepare(): void
  /** Has it come at SIGTERM and SIGINT; the same signal again ends the process the hard way. */
  heedSignals(): void
  /** Lets requests in flight finish and closes everything, without waiting for connections that have none. */
  close(): Promise<void>
}

/** How long the workers of one port may take to close it, after the first of them has, ms. Until then clients would only come to another one. */
const OTHER_DOORS = 200

const signals = ['SIGINT', 'SIGTERM'] as const

/** Makes the end of the service that an app is. */
export function createEnding(app: FastifyInstance, server: PatientServer, settings: () => Settings): Ending {
  const listener = (signal: NodeJS.Signals): void => void endAt(signal)

  /**
   * Load balancers are told first, and given the time to notice; not at SIGINT: who types Ctrl-C has none, and a worker that another one has taken the
   * place of must not have its port taken out.
   */
  async function endAt(signal: NodeJS.Signals): Promise<void> {
    if (signal === 'SIGTERM') {
      app.readiness.end()
      await sleep(settings().shutdownDelaySeconds * 1000)
    }
    await end()
  }

  async function end(): Promise<void> {
    for (const signal of signals) process.removeListener(signal, listener)
    await server.shut()
    await app.close()
  }

  const patience = (): Patience => ({
    doors: cluster.isWorker ? OTHER_DOORS : 0,
    idle: settings().shutdownIdleSeconds * 1000,
    busy: settings().shutdownTimeoutSeconds * 1000,
  })

  return {
    prepare() {
      server.patience = patience()
    },
    heedSignals() {
      for (const signal of signals) process.once(signal, listener)
    },
    async close() {
      server.patience = { ...patience(), idle: 0, doors: 0 }
      await end()
    },
  }
}
