import type { FastifyReply, FastifyRequest } from 'fastify'
import { subrequestOf } from './subrequest.ts'
import { splitTarget } from './urls.ts'

/**
 * What a request was, once it has been answered or its client has gone: for logs, metrics and whatever else looks at requests. Members are
 * worked out when they are asked for.
 */
export interface RequestSummary {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly method: string
  /** As it was sent, without the query string. */
  readonly path: string
  /** `?` and the query string as it was sent, secrets included; or empty. */
  readonly query: string
  /** The endpoint: `bookmark-record`; `unnamed` of a route without a name, `unknown` where no route is. */
  readonly service: string
  /** That of the answer; 499 if the client went before anything of it was sent. */
  readonly status: number
  /** Whether the client went before it had the whole answer. */
  readonly isAborted: boolean
  /** Of the error that was answered (R3.1); 0 if there is none. */
  readonly errno: number
  /** When the request came, ms since 1970, with fractions. */
  readonly startedAt: number
  /** From the end of its headers to the end of its answer, ms, with fractions. */
  readonly duration: number
  /** With the policy's prefix; undefined if nobody is logged in. */
  readonly userId: string | undefined
  /** The name of the policy that knew the user. */
  readonly policy: string | undefined
  /** Length of the answer's body; undefined of a stream, whose length nobody knows. */
  readonly bytes: number | undefined
  /** Whether it was part of a batch. */
  readonly isSubrequest: boolean
  /** How many requests the batch has that it is; undefined unless it is one. */
  readonly batchSize: number | undefined
  /** What the endpoint has to tell, such as `nb_records`. */
  readonly context: Readonly<Record<string, unknown>>
}

/** Is told of each request, once. It must be quick, and what it throws is logged. */
export type RequestObserver = (summary: RequestSummary) => void

/** A summary in the making. There is one only of requests that somebody observes. */
export interface SummaryDraft {
  errno: number
  policy: string | undefined
  batchSize: number | undefined
  /** Whether the endpoint that the router chose turned out not to be meant. */
  isUnmatched: boolean
  /** Adds to what the endpoint has to tell. */
  add(facts: Readonly<Record<string, unknown>>): void
}

const key: unique symbol = Symbol('cliquet.summary')

declare module 'fastify' {
  interface FastifyRequest {
    [key]?: SummaryDraft
  }
}

/** The summary of a request in the making; undefined if nobody observes it. `draftOf(request)?.add({ … })` costs nothing then. */
export const draftOf = (request: FastifyRequest): SummaryDraft | undefined => request[key]

const UNKNOWN = 'unknown'

/** The endpoint that the router has chosen: `bookmark-record`; `unnamed` of a route without a name, `unknown` where no route is. */
export const serviceOf = ({ is404, routeOptions }: FastifyRequest): string => (is404 ? UNKNOWN : (routeOptions.config.service ?? 'unnamed'))

/** Begins the summary of a request, which `tell` is given at its end. */
export function beginSummary(request: FastifyRequest, reply: FastifyReply, tell: RequestObserver): void {
  const summary = new Summary(request, reply)
  request[key] = summary
  // Always comes, and once: after the last byte is handed over, and when the connection is lost.
  reply.raw.on('close', () => {
    summary.end()
    tell(summary)
  })
}

class Summary implements RequestSummary, SummaryDraft {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  errno = 0
  policy: string | undefined = undefined
  batchSize: number | undefined = undefined
  isUnmatched = false
  isAborted = false
  context: RequestSummary['context'] = {}
  duration = 0
  readonly #start = performance.now()

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.request = request
    this.reply = reply
  }

  add(facts: RequestSummary['context']): void {
    this.context = { ...this.context, ...facts }
  }

  end(): void {
    this.duration = performance.now() - this.#start
    // Responses that no socket takes don't tell that they are finished.
    this.isAborted = !this.reply.raw.writableFinished && this.request.raw.socket.destroyed === true
  }

  get method(): string {
    return this.request.method
  }

  get path(): string {
    return splitTarget(this.request.url).path
  }

  get query(): string {
    return splitTarget(this.request.url).query
  }

  get service(): string {
    return this.isUnmatched ? UNKNOWN : serviceOf(this.request)
  }

  get status(): number {
    return this.isAborted && !this.reply.raw.headersSent ? 499 : this.reply.raw.statusCode
  }

  get startedAt(): number {
    return performance.timeOrigin + this.#start
  }

  get userId(): string | undefined {
    return this.request.userId
  }

  get bytes(): number | undefined {
    if (this.request.method === 'HEAD') return 0
    const length = this.reply.getHeader('content-length')
    if (length !== undefined) return Number(length)
    return this.status === 204 || this.status === 304 || this.status === 499 ? 0 : undefined
  }

  get isSubrequest(): boolean {
    return subrequestOf(this.request) !== undefined
  }
}
