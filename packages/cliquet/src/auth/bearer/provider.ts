import { BackendError } from '../../errors/backend-error.ts'
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

/** How a provider is talked to. */
export interface ProviderOptions {
  /** Names it in errors. */
  readonly name: string
  readonly fetch: typeof fetch
  /** How long an answer may take, waiting for a turn included, ms. */
  readonly timeout: number
}

/** What is sent to a provider. */
export interface ProviderRequest {
  /** GET unless there is a body. */
  readonly body?:
    | { readonly type: 'form'; readonly fields: Readonly<Record<string, string>> }
    | { readonly type: 'json'; readonly value: Json }
  readonly headers?: Readonly<Record<string, string>>
}

/** What came back. */
export interface ProviderReply {
  readonly status: number
  readonly text: string
}

/** An identity provider, over HTTP. */
export interface Provider {
  /** Redirections are not followed: they are replies like others. @throws BackendError if no whole reply comes in time */
  send(url: string, request?: ProviderRequest): Promise<ProviderReply>
}

/** Longest reply that is read. */
const maxBytes = 524_288
/** Requests at the same time: unknown tokens, each of which must be asked for, may come in any number. */
const maxConcurrent = 32
/** Requests that wait for their turn. A further one fails at once. */
const maxWaiting = 512

/** Makes the way to a provider. It sends a bounded number of requests at a time, and waits for none longer than `timeout`. */
export function createProvider({ name, fetch, timeout }: ProviderOptions): Provider {
  const turns = createTurns(name)
  return {
    async send(url, { body, headers } = {}) {
      const signal = AbortSignal.timeout(timeout)
      const leave = await turns.enter(signal)
      try {
        const sent = body === undefined ? {} : { method: 'POST', body: bodyText(body) }
        const type = body === undefined ? {} : { 'content-type': contentTypes[body.type] }
        const init = { ...sent, redirect: 'manual' as const, signal, headers: { accept: 'application/json', ...type, ...headers } }
        const response = await fetch(url, init)
        return { status: response.status, text: await readText(response) }
      } catch (cause) {
        throw new BackendError(`the identity provider of "${name}" gave no answer at ${withoutQuery(url)}`, { cause })
      } finally {
        leave()
      }
    },
  }
}

/** A reply's body as an object. @throws BackendError if it is none: then it is the provider that is broken, and not the token */
export function objectIn({ text }: ProviderReply, what: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch {
    // Said below: the message of the parser would show some of the body.
  }
  throw new BackendError(`${what} is no JSON object`)
}

/** The error for a status that tells of no token and no code: the provider is ill, or not the one it should be. */
export const unexpectedStatus = ({ status }: ProviderReply, what: string): BackendError =>
  new BackendError(`${what} answered with status ${status}`)

const contentTypes = { form: 'application/x-www-form-urlencoded', json: 'application/json' }

const bodyText = (body: NonNullable<ProviderRequest['body']>): string =>
  body.type === 'form' ? new URLSearchParams(body.fields).toString() : JSON.stringify(body.value)

const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0] ?? ''

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength
    if (length > maxBytes) throw new BackendError(`the reply is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

interface Turns {
  /** Waits for a turn. @returns what ends it @throws BackendError if too many wait, or the time is over */
  enter(signal: AbortSignal): Promise<() => void>
}

function createTurns(name: string): Turns {
  const waiting = new Set<() => void>()
  let running = 0
  const leave = (): void => {
    const [next] = waiting
    if (next === undefined) running -= 1
    else next()
  }
  return {
    async enter(signal) {
      if (running < maxConcurrent) {
        running += 1
        return leave
      }
      if (waiting.size >= maxWaiting) throw new BackendError(`too many requests wait for the identity provider of "${name}"`)
      return new Promise((resolve, reject) => {
        const go = (): void => {
          waiting.delete(go)
          signal.removeEventListener('abort', giveUp)
          resolve(leave)
        }
        const giveUp = (): void => {
          waiting.delete(go)
          reject(new BackendError(`the identity provider of "${name}" is too slow`))
        }
        waiting.add(go)
        signal.addEventListener('abort', giveUp, { once: true })
      })
    },
  }
}
