import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { REQUEST_ID } from '../../http/request-ids.ts'
import { type Batch, markSubrequest } from '../../http/subrequest.ts'
import { callInProcess, type InProcessAnswer, type Listener } from './in-process.ts'
import type { BatchRequest } from './request.ts'
import { redirectedTarget, shownPath } from './target.ts'

/** A request of a batch on its way. */
export interface Dispatch {
  readonly app: FastifyInstance
  readonly batch: Batch
  readonly apiPrefix: string
  /** Of the batch request itself: what a request inside does not set is taken from them (R11.7). */
  readonly outerHeaders: Readonly<Record<string, string | string[]>>
  /** Tells where the batch request comes from (`createPeer`). */
  readonly peer: Socket
}

/** The answer to one request, and where it came from. */
export interface Part {
  readonly status: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string
}

/** Headers that concern a connection, the bytes of a body or the id: requests inside a batch have none of their own, whatever they say. */
const notTheirs = new Set([
  ...['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'expect', 'upgrade', 'accept-encoding'],
  REQUEST_ID,
])

/** What a request may set and still be of whom its `Authorization` tells: any other header may be one that a policy reads (R4.8). */
const impersonal = new Set(['authorization', 'content-type', 'if-match', 'if-none-match', 'accept', 'response-behavior'])

/** Response headers that concern the connection. */
const notShown = new Set(['connection', 'date', 'transfer-encoding', 'keep-alive'])

/** Runs a request through the whole application, without a socket; a redirection is followed once (R11.9). */
export async function dispatch(call: Dispatch, target: string, request: BatchRequest): Promise<Part> {
  const response = await send(call, target, request)
  const location = response.status === 307 ? response.headers.location : undefined
  const next = typeof location === 'string' ? redirectedTarget(target, location, call.apiPrefix) : undefined
  if (next === undefined) return partOf(response, target, request.method)
  return partOf(await send(call, next, request), next, request.method)
}

function send(
  { app, batch, outerHeaders, peer }: Dispatch,
  url: string,
  { method, headers, body }: BatchRequest,
): Promise<InProcessAnswer> {
  const own = Object.entries(headers).filter(([name]) => !notTheirs.has(name))
  const isRecognisable = own.every(([name]) => impersonal.has(name))
  const subrequest = { batch: isRecognisable ? batch : { ...batch, users: new Map() }, body }
  const listener: Listener = (incoming, reply) => {
    markSubrequest(incoming, subrequest)
    app.routing(incoming, reply)
  }
  return callInProcess(listener, peer, {
    method,
    url,
    headers: { ...outerHeaders, 'content-type': 'application/json; charset=utf-8', ...Object.fromEntries(own) },
    // The body goes along parsed; this stands for it, so that it is read at all.
    body: body === undefined ? undefined : '{}',
  })
}

/** The headers of a batch request that requests inside take over (R11.7), and its id. */
export function inheritedHeaders({ headers, id }: FastifyRequest): Dispatch['outerHeaders'] {
  const inherited = Object.entries(headers).flatMap(([name, value]): [string, string | string[]][] =>
    value === undefined || name === 'content-type' || notTheirs.has(name) ? [] : [[name, value]],
  )
  return { ...Object.fromEntries(inherited), [REQUEST_ID]: id }
}

function partOf({ status, headers, body }: InProcessAnswer, target: string, method: string): Part {
  const shown = Object.entries(headers).filter(([name, value]) => value !== undefined && !notShown.has(name))
  return {
    status,
    path: shownPath(target),
    headers: Object.fromEntries(shown.map(([name, value]) => [name, [value].flat().join(', ')])),
    body: bodyText(body, String(headers['content-type'] ?? ''), method),
  }
}

/** `""` for HEAD, `{}` for what has no body, such as 304 (R11.10); what is not JSON becomes a text. */
function bodyText(payload: string, type: string, method: string): string {
  if (method === 'HEAD') return '""'
  if (payload === '') return '{}'
  return type.includes('json') ? payload : JSON.stringify(payload)
}
