import type { FastifyInstance } from 'fastify'

/**
 * Has the app listen. @returns the URL at which people find it
 *
 * Fastify logs each address by itself and can't be told not to; the service tells where it listens in one line, or greets. So the app is
 * asked under another log, which takes no such lines.
 */
export async function listenQuietly(app: FastifyInstance, place: { readonly host: string; readonly port: number }): Promise<string> {
  const quiet: FastifyInstance = Object.create(app, { log: { value: Object.create(app.log, { info: { value: () => {} } }) } })
  const address = await quiet.listen(place)
  return address.replace(/\/\/(?:\[::1?\]|127\.0\.0\.1|0\.0\.0\.0):/, '//localhost:')
}
