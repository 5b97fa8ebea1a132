/**
 * A process for tests that starts servers (with PostgreSQL if its second argument is `all`), tells its parent their ports, and then does
 * what its first argument says.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgresql.ts'
import { startRedis } from './redis.ts'

const [does, which] = process.argv.slice(2)
const starters = [() => startRedis({ appendonly: true }), () => startMemcached(), ...(which === 'all' ? [() => startPostgres()] : [])]
const servers = await Promise.all(starters.map((start) => start()))
process.send?.(servers.map(({ port }) => port))
if (does === 'wait') await sleep(60_000)
if (does === 'throw') throw new RangeError('what nobody expects')
// Else it ends by itself: servers keep nobody from ending.
process.disconnect?.()
