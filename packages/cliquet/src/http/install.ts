import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../primitives/clock.ts'
import { sendAnswer } from './answer.ts'
import { readBodies } from './bodies.ts'
import { originMatcher, refuseForeignOrigin } from './cors.ts'
import { errorAnswer } from './errors.ts'
import { commonHeaders, endedService, refusal } from './guards.ts'
import { limitHandling } from './late-requests.ts'
import type { RequestObservers } from './observers.ts'
import { createRoutesIndex, isStrayMatch } from './routes-index.ts'
import type { HttpSettings } from './settings.ts'
import { draftOf } from './summary.ts'
import { unmatchedAnswer } from './unmatched.ts'
import { splitTarget } from './urls.ts'

/** What the behaviour of every URL depends on. */
export interface HttpOptions {
  readonly settings: HttpSettings
  readonly clock: Clock
  readonly observers: RequestObservers
}

/**
 * Gives an app the behaviour that every URL of the service has, whatever is served there: common headers, end of service, read-only mode,
 * CORS, bodies, redirections and the format of errors. To be called before any route is added.
 */
export function installHttp(app: FastifyInstance, { settings, clock, observers }: HttpOptions): void {
  limitHandling(app, settings.handlerTimeoutSeconds * 1000)
  const routes = createRoutesIndex()
  const decorate = commonHeaders(settings, clock)
  const allowed = originMatcher(settings.corsOrigins)
  function answerUnmatched(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const draft = draftOf(request)
    if (draft !== undefined) draft.isUnmatched = true
    return sendAnswer(reply, unmatchedAnswer(request, { settings, routes, clock, allowed }))
  }

  app.addHook('onRoute', ({ url, method }) => {
    const methods = [method].flat().filter((name) => name !== 'OPTIONS')
    if (methods.length > 0) routes.add(url, methods)
  })
  // What no endpoint serves is answered here and not by the handler for that, which is called after the body is read: where there is no
  // endpoint, no body is wrong (R3.21).
  app.addHook('onRequest', (request, reply, done) => {
    observers.begin(request, reply)
    decorate(request, reply)
    const refused = refusal(request, settings, clock)
    if (refused !== undefined) done(refused)
    else if (request.is404 || isStray(request)) answerUnmatched(request, reply)
    else done(refuseForeignOrigin(request, allowed))
  })
  readBodies(app)
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, settings))
  app.setNotFoundHandler(answerUnmatched)
}

/** Only URLs that end in a slash are looked at closer: `routeOptions` is made anew by each access. */
function isStray(request: FastifyRequest): boolean {
  const { path } = splitTarget(request.url)
  return path.endsWith('/') && isStrayMatch(path, request.routeOptions.url ?? path)
}

/** Answers errors that arise before any hook runs, such as a path that can't be decoded (R1.16). */
export function answerFrameworkError(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  { settings, clock, observers }: HttpOptions,
): void {
  observers.begin(request, reply)
  commonHeaders(settings, clock)(request, reply)
  sendError(endedService(settings, clock) ?? error, request, reply, settings)
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, settings: HttpSettings): FastifyReply {
  const answer = errorAnswer(error, settings)
  const draft = draftOf(request)
  if (draft !== undefined) draft.errno = answer.errno
  const { exposes } = request.routeOptions.config
  if (exposes !== undefined) reply.header('access-control-expose-headers', exposes)
  if (answer.status === 503) request.log.error({ err: error }, 'a backend is unavailable')
  else if (answer.status >= 500) request.log.error({ err: error }, 'unexpected error')
  return sendAnswer(reply, answer)
}
