import { createKeeper, type Keeper } from './keeper.ts'
import type { LocalServer, ServerKind, ServerOptions } from './local-server.ts'
import { startLocalServer } from './local-server.ts'
import { needProgram, redisProgram } from './programs.ts'
import { ask } from './question.ts'
import { formCluster } from './redis-cluster.ts'

/** How a Redis is started. */
export interface RedisOptions extends ServerOptions {
  /** Whether every write is in a file before it is acknowledged; it then survives `kill()`. Else nothing is kept. */
  readonly appendonly?: boolean | undefined
}

/** Three Redis servers that share the keys. */
export interface RedisCluster {
  /** `redis+cluster://HOST:PORT,HOST:PORT,HOST:PORT`. */
  readonly url: string
  readonly nodes: readonly LocalServer[]
  stop(): Promise<void>
}

/** The bus of a cluster listens on another port, so much above. */
const BUS = 10_000

/** Starts a Redis. @throws UnavailableError */
export async function startRedis({ keeper, appendonly = false }: RedisOptions = {}): Promise<LocalServer> {
  return await startLocalServer(redisKind(appendonly), { keeper })
}

/** Starts a cluster of three Redis servers, each with a third of the slots. @throws UnavailableError */
export async function startRedisCluster({ keeper, appendonly = false }: RedisOptions = {}): Promise<RedisCluster> {
  const kind = clusterKind(redisKind(appendonly))
  const own = keeper === undefined ? createKeeper() : undefined
  try {
    const nodes = await startNodes(kind, keeper ?? own ?? createKeeper())
    const hosts = nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const stop = async (): Promise<void> => {
      await Promise.all(nodes.map((node) => node.stop()))
      await own?.close()
    }
    return { url: `redis+cluster://${hosts}`, nodes, stop }
  } catch (error) {
    await own?.close()
    throw error
  }
}

async function startNodes(kind: ServerKind, keeper: Keeper): Promise<LocalServer[]> {
  const nodes = await Promise.all([1, 2, 3].map(() => startLocalServer(kind, { keeper })))
  await formCluster(nodes.map(({ port }) => port))
  return nodes
}

function redisKind(appendonly: boolean): ServerKind {
  const file = needProgram(redisProgram)
  const keeping = appendonly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  return {
    name: 'Redis',
    cleanSignal: 'SIGTERM',
    plan: (port, folder) => ({
      file,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--databases', '64', ...keeping],
      endSignal: 'SIGKILL',
    }),
    url: (port) => `redis://127.0.0.1:${port}/0`,
    async answer(port) {
      const answer = await ask(port, 'PING')
      if (!answer.startsWith('+PONG')) throw new Error(answer)
    },
  }
}

const clusterKind = (kind: ServerKind): ServerKind => ({
  ...kind,
  portAbove: BUS,
  plan(port, folder) {
    const { args, ...rest } = kind.plan(port, folder)
    const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000']
    return { ...rest, args: [...args.filter((arg, i) => arg !== '--databases' && args[i - 1] !== '--databases'), ...cluster] }
  },
})
