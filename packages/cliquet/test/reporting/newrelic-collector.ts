import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after } from 'node:test'
import { gunzipSync, inflateSync } from 'node:zlib'

/** Signed by itself, for `localhost`, without end; nothing else uses it. */
export const certificateFile = new URL('./certificate/certificate.pem', import.meta.url)

/** Takes what the agent tells as New Relic does. */
export interface NewRelicCollector {
  readonly port: number
  /** Bodies by method, as texts: `connect`, `analytic_event_data`, … */
  readonly told: (method: string) => string
  /** All that was sent: request lines, headers and bodies. */
  readonly text: () => string
}

/** Starts one on a free port, behind TLS; it ends after the tests of the file. */
export async function startCollector(): Promise<NewRelicCollector> {
  const bodies = new Map<string, string>()
  let all = ''
  const credentials = { key: readFileSync(new URL('./certificate/key.pem', import.meta.url)), cert: readFileSync(certificateFile) }
  const server = createServer(credentials, async (request, response) => {
    const method = new URL(request.url ?? '', 'https://localhost').searchParams.get('method') ?? ''
    const text = await readBody(request)
    all += `${request.url}\n${request.rawHeaders.join('\n')}\n${text}\n`
    bodies.set(method, `${bodies.get(method) ?? ''}${text}\n`)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ return_value: answers(port)[method] ?? [] }))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo // it listens on a port
  return { port, told: (method) => bodies.get(method) ?? '', text: () => all }
}

/** What the agent must be told to go on; after the connection it may send each kind of event. */
const answers = (port: number): Readonly<Record<string, unknown>> => ({
  preconnect: { redirect_host: `localhost:${port}` },
  connect: {
    agent_run_id: '1',
    request_headers_map: {},
    event_harvest_config: {
      report_period_ms: 5000,
      harvest_limits: {
        analytic_event_data: 100,
        error_event_data: 100,
        custom_event_data: 100,
        span_event_data: 100,
        log_event_data: 100,
      },
    },
  },
})

async function readBody(request: IncomingMessage): Promise<string> {
  const bytes = await buffer(request)
  const { 'content-encoding': encoding } = request.headers
  return (encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'deflate' ? inflateSync(bytes) : bytes).toString()
}
