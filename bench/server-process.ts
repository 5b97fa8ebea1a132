import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Which server: this toolkit, or the same written by hand. */
export type Kind = 'ours' | 'bare'

const scripts: Readonly<Record<Kind, string>> = { ours: 'cliquet-server.ts', bare: 'bare-server.ts' }

/** A server that runs in a process of its own. */
export interface ServerProcess {
  readonly kind: Kind
  readonly port: number
  /** Processor time that it has used so far, µs. */
  cpuTime(): Promise<number>
  /** Ends it, cleanly if it can. */
  stop(): Promise<void>
}

/** How a server is started. */
export interface ServerOptions {
  /** For the Node of all its threads. */
  readonly flags?: string
  /** Whether ours makes an index for `url`. */
  readonly indexed?: boolean
  /** Settings of ours that are not the defaults, as variables. */
  readonly settings?: Readonly<Record<string, string>>
  /** A file for what it writes to its standard output, such as its log. Default: nowhere. */
  readonly output?: string
}

/** Starts a server on a SQLite file or the URL of a PostgreSQL database. It ends with this process, however that ends. */
export async function startServer(
  kind: Kind,
  location: string,
  { flags = '', indexed = false, settings = {}, output }: ServerOptions = {},
): Promise<ServerProcess> {
  const file = output === undefined ? undefined : openSync(output, 'a')
  const child = fork(fileURLToPath(new URL(scripts[kind], import.meta.url)), [location, ...(indexed ? ['indexed'] : [])], {
    env: { ...withoutSettings(process.env), ...settings, NODE_OPTIONS: flags },
    stdio: ['ignore', file ?? 'ignore', 'inherit', 'ipc'],
  })
  if (file !== undefined) closeSync(file)
  const exited = once(child, 'exit')
  const started = once(child, 'message')
  const first = await Promise.race([started, exited.then(() => undefined)])
  if (first === undefined) throw new Error(`the ${kind} server ended before it listened (code ${child.exitCode})`)
  const { port } = first[0] as { port: number } // what `serveUntilTold` sends
  return {
    kind,
    port,
    async cpuTime() {
      const answer = once(child, 'message')
      child.send('usage')
      const [{ cpuTime }] = (await answer) as [{ cpuTime: number }] // what `serveUntilTold` sends
      return cpuTime
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.send('stop')
        const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
        await exited
        clearTimeout(timer)
      }
    },
  }
}

/** Both servers run with their defaults, whatever is set for others. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = /^(CLIQUET_|PORT$|NODE_ENV$|NODE_OPTIONS$)/
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !foreign.test(name)))
}
