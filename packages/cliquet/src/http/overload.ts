import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { catalogError } from '../errors/http-error.ts'
import type { Clock } from '../primitives/clock.ts'
import { sendAnswer } from './answer.ts'
import { errorAnswer } from './errors.ts'
import { commonHeaders } from './guards.ts'
import type { HeldRefusals } from './held-refusals.ts'
import type { LoadControl } from './load-control.ts'
import type { HttpSettings } from './settings.ts'
import { subrequestOf } from './subrequest.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered whatever the load: those who look after the service ask for it. */
    readonly vital?: boolean
  }
}

/** What refusing depends on. */
export interface OverloadOptions {
  readonly settings: HttpSettings
  readonly clock: Clock
  readonly control: LoadControl
  readonly refusals: HeldRefusals
}

const reading = new Set(['GET', 'HEAD'])

/**
 * Refuses requests that there is no time for, with 503, before anything else is done for them: nobody is authenticated, no body is read, nothing is
 * logged. So many a second are told so at most, or who asks again at once would keep the process busy. Clients are asked to slow down
 * (`Backoff`, R12.2) before it comes to that. To be called before other hooks are added.
 */
export function refuseOverload(app: FastifyInstance, { settings, clock, control, refusals }: OverloadOptions): void {
  const decorate = commonHeaders(settings, clock)
  const refusal = errorAnswer(catalogError('backend-unavailable'), settings)
  const pause = String(settings.retryAfterSeconds)

  function refuse(request: FastifyRequest, reply: FastifyReply): void {
    decorate(request, reply)
    const { exposes } = request.routeOptions.config
    if (exposes !== undefined) reply.header('access-control-expose-headers', exposes)
    sendAnswer(reply, refusal)
  }

  app.addHook('onRequest', (request, reply, done) => {
    // What is part of a batch was let in with it, and a preflight costs no more than refusing it.
    const isFree = subrequestOf(request) !== undefined || request.method === 'OPTIONS'
    const isAdmitted = isFree || control.admits(reading.has(request.method) ? 'read' : 'write')
    if (control.isBusy) reply.header('backoff', pause)
    if (control.isRefusing && isAdmitted && !isFree && hasEnd(request)) reply.raw.once('close', control.enter())
    if (isAdmitted) return done()
    if (request.routeOptions.config.vital !== true) return refusals.hold(() => refuse(request, reply))
    control.forgive()
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (subrequestOf(request) === undefined && reply.statusCode !== 503) control.learn(reply.elapsedTime)
    done()
  })
}

/** Streams may be under way for ever. */
const hasEnd = ({ routeOptions }: FastifyRequest): boolean => routeOptions.config.mayTakeLong !== true
