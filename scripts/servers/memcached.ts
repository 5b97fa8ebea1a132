import type { LocalServer, ServerOptions } from './local-server.ts'
import { startLocalServer } from './local-server.ts'
import { memcachedProgram, needProgram } from './programs.ts'
import { ask } from './question.ts'

/** Starts Memcached with 64 MB. @throws UnavailableError */
export async function startMemcached(options: ServerOptions = {}): Promise<LocalServer> {
  const file = needProgram(memcachedProgram)
  // It refuses to run as root.
  const identity = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  return await startLocalServer(
    {
      name: 'Memcached',
      cleanSignal: 'SIGTERM',
      plan: (port) => ({ file, args: ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...identity], endSignal: 'SIGKILL' }),
      url: (port) => `memcached://127.0.0.1:${port}`,
      answer: async (port) => {
        const answer = await ask(port, 'version')
        if (!answer.startsWith('VERSION')) throw new Error(answer)
      },
    },
    options,
  )
}
