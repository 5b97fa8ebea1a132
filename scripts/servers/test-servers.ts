import { installMissing } from './installation.ts'
import { createKeeper } from './keeper.ts'
import type { ServerOptions } from './local-server.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgresql.ts'
import { memcachedProgram, needProgram, nginxProgram, type Program, redisProgram, systemdProgram } from './programs.ts'
import { startRedis, startRedisCluster } from './redis.ts'
import { UnavailableError } from './unavailable-error.ts'

/** Servers for a test run. */
export interface TestServers {
  /** The variables that tell tests where the servers are. */
  readonly environment: Readonly<Record<string, string>>
  /** For each server that can't be had a line that says how to get it. */
  readonly missing: readonly string[]
  /** Ends what was started. */
  stop(): Promise<void>
}

interface Wanted {
  readonly name: string
  readonly variable: string
  /** What must be on the machine for it. */
  readonly program?: Program
  start(options: ServerOptions): Promise<{ readonly url: string }>
}

const wanted: readonly Wanted[] = [
  // Tests end a server by SIGKILL, which loses nothing that was handed to the system; so they need not wait for the disk, nor long for a deadlock.
  {
    name: 'PostgreSQL',
    variable: 'CLIQUET_TEST_POSTGRESQL_URL',
    start: (options) => startPostgres({ ...options, fsync: false, settings: { deadlock_timeout: '100ms' } }),
  },
  { name: 'Redis', variable: 'CLIQUET_TEST_REDIS_URL', program: redisProgram, start: startRedis },
  { name: 'Redis cluster', variable: 'CLIQUET_TEST_REDIS_CLUSTER_URL', program: redisProgram, start: startRedisCluster },
  { name: 'Memcached', variable: 'CLIQUET_TEST_MEMCACHED_URL', program: memcachedProgram, start: startMemcached },
]

/** Programs that tests run besides, if they are there. A test run that may skip nothing (`CI=true`) needs them. */
const tools: readonly Program[] = [nginxProgram, systemdProgram]

/** Starts the servers that the environment does not name, all at once; what can't be had is told, not thrown. */
export async function startTestServers(environment: NodeJS.ProcessEnv): Promise<TestServers> {
  const needed = wanted.filter(({ variable }) => !environment[variable])
  const demanded = environment.CI === 'true' ? tools : []
  installMissing([...needed.flatMap(({ program }) => program ?? []), ...demanded])
  const missing = demanded.flatMap(missingTool)
  if (needed.length === 0) return { environment: {}, missing, stop: async () => {} }
  const keeper = createKeeper()
  const urls: Record<string, string> = {}
  const start = async ({ name, variable, start }: Wanted): Promise<void> => {
    try {
      urls[variable] = (await start({ keeper })).url
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error
      missing.push(`${name}: ${error.message}; or set ${variable}.`)
    }
  }
  try {
    await Promise.all(needed.map(start))
  } catch (error) {
    await keeper.close()
    throw error
  }
  return { environment: urls, missing, stop: () => keeper.close() }
}

function missingTool(program: Program): string[] {
  try {
    needProgram(program)
    return []
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    return [`${error.message}.`]
  }
}
