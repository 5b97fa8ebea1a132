import { leaseRedisDatabase } from '../../drivers/redis/database.ts'
import { parseRedisUrl } from '../../drivers/redis/location.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { EventListener, ListenerOptions } from '../contract.ts'

const DEFAULT_LIST = 'cliquet.events'

/**
 * Puts the JSON of each event on the left of a list in Redis, after the commit: the module of `event_listeners.{name}.use = cliquet/listeners/redis`.
 * Who works on the events takes them from the right (`BRPOP`). What can't be put there is logged, and lost.
 */
export function createListener({ name, settings, log }: ListenerOptions): EventListener {
  const url = settings.required('url')
  const list = settings.text('listname') ?? DEFAULT_LIST
  try {
    parseRedisUrl(url)
  } catch (error) {
    throw error instanceof ConfigurationError ? settings.fault('url', `the URL of a Redis: ${error.message}`) : error
  }
  if (settings.text('pool_size') !== undefined)
    log.warn({ listener: name }, 'pool_size of a listener has no effect: all events go over one connection')
  // A connection of its own: what waits for this server keeps no backend waiting.
  const { value: database, release } = leaseRedisDatabase({ url })
  return {
    async run(event) {
      await database.call('lpush', [list, JSON.stringify(event)])
    },
    async prepare() {
      if (await database.check({ readonly: true })) return
      log.warn({ listener: name }, 'the Redis of a listener is not reached; it is tried again with each event')
    },
    close: release,
  }
}
