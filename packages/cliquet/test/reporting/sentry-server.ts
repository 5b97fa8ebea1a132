import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after } from 'node:test'
import { gunzipSync } from 'node:zlib'

/** What the tests look at of an event. */
export interface SentryEvent {
  readonly level?: string
  readonly message?: string
  readonly release?: string
  readonly environment?: string
  readonly server_name?: string
  readonly transaction?: string
  readonly fingerprint?: readonly string[]
  readonly request?: { readonly method?: string; readonly url?: string; readonly headers?: Readonly<Record<string, string>> }
  readonly user?: { readonly id?: string }
  readonly tags?: Readonly<Record<string, unknown>>
  readonly breadcrumbs?: readonly { readonly message?: string; readonly level?: string }[]
  readonly exception?: {
    readonly values: readonly {
      readonly type: string
      readonly value: string
      readonly mechanism?: { readonly handled: boolean }
      readonly stacktrace?: { readonly frames: readonly { readonly filename?: string; readonly context_line?: string }[] }
    }[]
  }
}

/** Takes reports as Sentry does. */
export interface SentryServer {
  readonly dsn: string
  /** Every event so far, without those that a service sends at its start. */
  readonly events: readonly SentryEvent[]
  /** All that was sent: request lines, headers and bodies. */
  readonly text: string
  /** Waits until there are so many events. Whoever waits in vain is ended by the test's time-out. */
  received(count: number): Promise<readonly SentryEvent[]>
}

/** Starts one on a free port; it ends after the tests of the file. */
export async function startSentry(): Promise<SentryServer> {
  const events: SentryEvent[] = []
  let all = ''
  let wake = (): void => {}
  const server = createServer(async (request, response) => {
    const text = await readBody(request)
    all += `${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n${text}\n`
    events.push(...eventsIn(text).filter(({ message }) => !message?.startsWith('Running ')))
    response.end('{}')
    wake()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    dsn: `http://publickey@127.0.0.1:${port}/42`,
    events,
    get text() {
      return all
    },
    async received(count) {
      while (events.length < count) await new Promise<void>((resolve) => (wake = resolve))
      return events
    },
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const bytes = await buffer(request)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
}

/** An envelope has a line about itself, then a line about each item and the item. */
function eventsIn(envelope: string): SentryEvent[] {
  const [, ...lines] = envelope.split('\n').map((line) => JSON.parse(line))
  return lines.flatMap((line, place) => (place % 2 === 1 && lines[place - 1].type === 'event' ? [line] : []))
}
