import { Agent, type IncomingMessage, request } from 'node:http'

/** What has come of the requests of a load. */
export interface LoadTally {
  /** Answered as expected, on connections that are kept. */
  kept: number
  /** The same, on a connection for each. */
  fresh: number
  /** Nobody listened. */
  refused: number
  /** The connection was made by the system, and broke before anything was answered on it: somebody may never have taken it. */
  reset: number
  /** The connection broke in the middle of an answer, or after others, or no answer came in time. */
  lost: number
  /** Answered otherwise. */
  readonly unexpected: string[]
}

/** Clients that ask as fast as they are answered. */
export interface SteadyLoad {
  readonly tally: LoadTally
  /** Resolves when every client has ended, because it was refused a connection or stopped. */
  readonly ended: Promise<unknown>
  /** Lets no client begin another request. */
  stop(): Promise<void>
}

/** One request of a load. */
export interface LoadRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The only status that it may be answered with. */
  readonly status: number
}

/** What a load is made of. */
export interface LoadPlan {
  readonly port: number
  /** Clients that keep their connection as long as the server does. */
  readonly kept: number
  /** Clients that open a connection for each request. */
  readonly fresh: number
  /** Each request is the next of these. */
  next(): LoadRequest
  /** Called for each that was answered as expected. */
  onAnswer(request: LoadRequest): void
}

/** How long a client waits for an answer, ms. */
const PATIENCE = 30_000

/** Starts it. */
export function startSteadyLoad(plan: LoadPlan): SteadyLoad {
  const tally: LoadTally = { kept: 0, fresh: 0, refused: 0, reset: 0, lost: 0, unexpected: [] }
  let isStopped = false

  async function run(kind: 'kept' | 'fresh'): Promise<void> {
    const agent = new Agent({ keepAlive: kind === 'kept', maxSockets: 1 })
    for (let outcome = ''; !isStopped && outcome !== 'refused'; ) {
      const asked = plan.next()
      outcome = await exchange(asked, plan.port, agent)
      if (outcome === 'answered') {
        tally[kind]++
        plan.onAnswer(asked)
      } else if (outcome === 'refused' || outcome === 'reset' || outcome === 'lost') tally[outcome]++
      else tally.unexpected.push(outcome)
    }
    agent.destroy()
  }

  const clients = (kind: 'kept' | 'fresh'): Promise<void>[] => Array.from({ length: plan[kind] }, () => run(kind))
  const ended = Promise.all([...clients('kept'), ...clients('fresh')])
  return {
    tally,
    ended,
    async stop() {
      isStopped = true
      await ended
    },
  }
}

/** Sends one request. Resolves to `answered`, `refused`, `reset`, `lost` or what was answered instead. */
function exchange({ method, path, headers, body, status }: LoadRequest, port: number, agent: Agent): Promise<string> {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, method, path, agent, timeout: PATIENCE, headers: { ...headers, ...length } })
    sent.once('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.once('error', (error: NodeJS.ErrnoException) => {
      const isNew = !sent.reusedSocket && sent.socket?.bytesRead === 0 && error.code === 'ECONNRESET'
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : isNew ? 'reset' : 'lost')
    })
    sent.once('response', (response: IncomingMessage) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('error', () => resolve('lost'))
      response.once('end', () => resolve(response.statusCode === status ? 'answered' : `${method} ${path}: ${response.statusCode} ${text}`))
    })
    sent.end(body)
  })
}
