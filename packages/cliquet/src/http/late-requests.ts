import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { BackendError } from '../errors/backend-error.ts'
import { catalogError } from '../errors/http-error.ts'
import { subrequestOf } from './subrequest.ts'

/** How often requests are looked at while they may take: they get so much of their time more at most. */
const TICKS = 10

/** A request that is not answered yet. */
interface Begun {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The tick in which it came. */
  readonly tick: number
  /** Where it is in the list of them. */
  place: number
  isLate: boolean
}

const key: unique symbol = Symbol('cliquet.begun')

declare module 'fastify' {
  interface FastifyRequest {
    [key]?: Begun
  }
  interface FastifyContextConfig {
    /** Its answers may take as long as they take (setting `handler_timeout_seconds`). */
    readonly mayTakeLong?: boolean
  }
}

/** Whether a request was answered because it took too long, while somebody is still at work for it. What can be undone should be. */
export const isLate = (request: FastifyRequest): boolean => request[key]?.isLate === true

/**
 * Has requests answered with 503 that take longer than `limit` ms; 0: none. Whoever works for one is not stopped. What has begun to be answered is
 * left alone. One timer for all: the one that Fastify makes for each request, with a signal, costs a tenth of a read. To be called before other hooks
 * are added.
 */
export function limitHandling(app: FastifyInstance, limit: number): void {
  if (limit === 0) return
  const underWay = createList()
  let tick = 0

  function look(): void {
    tick += 1
    for (const begun of underWay.list.filter((one) => tick - one.tick > TICKS)) {
      const { request, reply } = begun
      underWay.remove(begun)
      const isOver = reply.sent || reply.raw.headersSent || reply.raw.destroyed
      if (!isOver && request.routeOptions.config.mayTakeLong !== true) refuse(begun, limit)
    }
  }

  const timer = setInterval(look, limit / TICKS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
  app.decorateRequest(key, undefined)
  app.addHook('onRequest', (request, reply, done) => {
    if (subrequestOf(request) === undefined) request[key] = underWay.add(request, reply, tick)
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const begun = request[key]
    if (begun !== undefined) underWay.remove(begun)
    done()
  })
}

function refuse(begun: Begun, limit: number): void {
  begun.isLate = true
  begun.reply.send(catalogError('backend-unavailable', { cause: new BackendError(`the request took longer than ${limit / 1000} s`) }))
}

/** The requests under way, in any order. */
interface BegunList {
  readonly list: readonly Begun[]
  add(request: FastifyRequest, reply: FastifyReply, tick: number): Begun
  /** Does nothing if it is not in the list any more. */
  remove(begun: Begun): void
}

/**
 * An array, in which the last one takes the place of one that leaves. Not a `Map` or `Set`: one that thousands enter and leave each second is made anew
 * all the time, V8 leaves in each old table a pointer to the next, and so what once was in any of them lives until the next full garbage collection.
 * That took a fifth of the time of a read.
 */
function createList(): BegunList {
  const list: Begun[] = []
  return {
    list,
    add(request, reply, tick) {
      const begun = { request, reply, tick, place: list.length, isLate: false }
      list.push(begun)
      return begun
    },
    remove(begun) {
      if (list[begun.place] !== begun) return
      const last = list.pop()
      if (last === undefined || last === begun) return
      last.place = begun.place
      list[begun.place] = last
    },
  }
}
