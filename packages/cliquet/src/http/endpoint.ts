import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods, onRequestHookHandler } from 'fastify'
import { type Answer, sendAnswer } from './answer.ts'
import { refusedAccept, refusedContentType } from './media-types.ts'
import type { Operation } from './operation.ts'

/** An endpoint as data: what the toolkit serves itself is made of these. */
export interface Endpoint {
  readonly method: HTTPMethods
  /** Below the version prefix, with `:name` parameters. */
  readonly path: string
  /** Names the endpoint in logs and metrics: `bookmark-record`. */
  readonly service: string
  readonly summary: string
  /** No authentication needed, no permission checked (R2.1). */
  readonly public?: boolean
  /** Answered whatever the load. */
  readonly vital?: boolean
  /** Answers only in JSON: 406 to those who can't take it. */
  readonly json?: boolean
  /** The types of body that it takes: 415 for others. */
  readonly bodyTypes?: readonly string[]
  /** Answers depend on who asks (R12.9). */
  readonly variesByUser?: boolean
  /** `Access-Control-Expose-Headers`, if more than the common ones (R12.24). */
  readonly exposes?: string
  /** What the description of the service tells of it (R2.8). */
  readonly operation?: Operation | undefined
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Answer | Promise<Answer>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No authentication needed (R2.1). */
    readonly public?: boolean
    /** See `Endpoint.exposes`. */
    readonly exposes?: string | undefined
    /** See `Endpoint.service`. */
    readonly service?: string
    /** One sentence about the endpoint. */
    readonly summary?: string
    /** See `Endpoint.operation`. */
    readonly operation?: Operation | undefined
  }
}

/** Serves endpoints on an app that has the version prefix. `guards` run before the body is read, after 406 and 415. */
export function serve(app: FastifyInstance, endpoints: readonly Endpoint[], guards: readonly onRequestHookHandler[] = []): void {
  for (const endpoint of endpoints) {
    app.route({
      method: endpoint.method,
      url: endpoint.path,
      prefixTrailingSlash: 'slash',
      exposeHeadRoute: false,
      config: {
        public: endpoint.public ?? false,
        vital: endpoint.vital ?? false,
        service: endpoint.service,
        summary: endpoint.summary,
        exposes: endpoint.exposes,
        operation: endpoint.operation,
        deferBodyFaults: true,
      },
      onRequest: [...ownGuards(endpoint), ...guards],
      handler: async (request, reply) => sendAnswer(reply, await endpoint.handler(request, reply)),
    })
  }
}

/** What the endpoint itself asks of a request. */
function ownGuards({ json, bodyTypes, exposes, variesByUser }: Endpoint): onRequestHookHandler[] {
  return [
    (request, reply, done) => {
      if (variesByUser) vary(reply, 'Authorization')
      if (exposes !== undefined) reply.header('access-control-expose-headers', exposes)
      const accept = json ? refusedAccept(request.headers) : undefined
      done(accept ?? (bodyTypes === undefined ? undefined : refusedContentType(request.headers, bodyTypes)))
    },
  ]
}

/** Adds to `Vary`, which CORS may have set. */
function vary(reply: FastifyReply, name: string): void {
  const known = reply.getHeader('vary')
  reply.header('vary', known === undefined ? name : `${known}, ${name}`)
}
