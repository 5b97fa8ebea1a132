import { createServer } from 'node:net'
import { UnavailableError } from './unavailable-error.ts'

/**
 * Lowest port taken and how many there are. All lie below those that systems give to outgoing connections (from 32768 on), also when 10000 is
 * added for a cluster's bus: a server that is to start again on its port finds it free.
 */
const FIRST = 10_000
const COUNT = 12_000

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

/** A port nobody listens on at 127.0.0.1; nor on the one so much above it. */
export async function findFreePort(above?: number): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if ((await isFree(port)) && (above === undefined || (await isFree(port + above)))) return port
  }
  throw new UnavailableError('no port of 127.0.0.1 seems to be free')
}
