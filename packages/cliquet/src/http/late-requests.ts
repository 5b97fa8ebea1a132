import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BackendError } from '../errors/backend-error.ts'
import { catalogError } from '../errors/http-error.ts'
import { subrequestOf } from './subrequest.ts'

/** How often requests are looked at while they may take: they get so much of their time more at most. */
const TICKS = 10

const key: unique symbol = Symbol('cliquet.late')

declare module 'fastify' {
  interface FastifyRequest {
    [key]?: true
  }
  interface FastifyContextConfig {
    /** Its answers may take as long as they take (setting `handler_timeout_seconds`). */
    readonly mayTakeLong?: boolean
  }
}

/** Whether a request was answered because it took too long, while somebody is still at work for it. What can be undone should be. */
export const isLate = (request: FastifyRequest): boolean => request[key] === true

/**
 * Has requests answered with 503 that take longer than `limit` ms; 0: none. Whoever works for one is not stopped. What has begun to be answered is
 * left alone. One timer for all: the one that Fastify makes for each request, with a signal, costs a tenth of a read. To be called before other hooks
 * are added.
 */
export function limitHandling(app: FastifyInstance, limit: number): void {
  if (limit === 0) return
  /** In the order in which they came, with the tick of then. */
  const begun = new Map<FastifyRequest, { readonly reply: FastifyReply; readonly tick: number }>()
  let tick = 0

  function look(): void {
    tick += 1
    for (const [request, { reply, tick: first }] of begun) {
      if (tick - first <= TICKS) return
      begun.delete(request)
      const isOver = reply.sent || reply.raw.headersSent || reply.raw.destroyed
      if (!isOver && request.routeOptions.config.mayTakeLong !== true) refuse(request, reply, limit)
    }
  }

  const timer = setInterval(look, limit / TICKS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.addHook('onRequest', (request, reply, done) => {
    if (subrequestOf(request) === undefined) begun.set(request, { reply, tick })
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    begun.delete(request)
    done()
  })
}

function refuse(request: FastifyRequest, reply: FastifyReply, limit: number): void {
  request[key] = true
  reply.send(catalogError('backend-unavailable', { cause: new BackendError(`the request took longer than ${limit / 1000} s`) }))
}
