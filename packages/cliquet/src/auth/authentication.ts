import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { catalogError, type HttpError } from '../errors/http-error.ts'
import { subrequestOf } from '../http/subrequest.ts'
import type { AuthenticationPolicy } from './policy.ts'
import { findPrincipals, type GroupSource } from './principals.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request, with the policy's prefix (`basicauth:8a93…`, R4.2); undefined if nobody is logged in. */
    userId: string | undefined
  }
}

/** Who sends requests, and what they are answered who don't say. */
export interface Authentication {
  readonly policies: readonly AuthenticationPolicy[]
  /** Looked up once per request. */
  principals(request: FastifyRequest): Promise<readonly string[]>
  /** 401 for nobody, 403 for somebody (R3.10, R3.11). */
  refusal(request: FastifyRequest): HttpError
  /** Sets `request.userId`. */
  readonly identify: onRequestHookHandler
  /** Refuses those who are not logged in. */
  readonly requireUser: onRequestHookHandler
}

/** Makes the authentication of a service: the first policy that knows the user decides (R4.1). */
export function createAuthentication(policies: readonly AuthenticationPolicy[], groups: GroupSource | undefined): Authentication {
  const found = new WeakMap<FastifyRequest, Promise<readonly string[]>>()
  const challenges = policies.map(({ challenge }) => challenge)

  const refusal = (request: FastifyRequest): HttpError =>
    request.userId === undefined
      ? catalogError('missing-credentials', { headers: { 'www-authenticate': challenges } })
      : catalogError('forbidden')

  return {
    policies,
    refusal,
    principals(request) {
      const batch = subrequestOf(request)?.batch
      const known = found.get(request) ?? batch?.principals.get(request.userId) ?? findPrincipals(request.userId, groups)
      found.set(request, known)
      batch?.principals.set(request.userId, known)
      return known
    },
    identify(request, _reply, done) {
      const users = subrequestOf(request)?.batch.users
      const { authorization } = request.headers
      const recognised = (userId: string | undefined): void => {
        request.userId = userId
        users?.set(authorization, userId)
        done()
      }
      if (users?.has(authorization)) return recognised(users.get(authorization))
      const user = identify(policies, request)
      if (typeof user === 'object') user.then(recognised, done)
      else recognised(user)
    },
    requireUser(request, _reply, done) {
      done(request.userId === undefined ? refusal(request) : undefined)
    },
  }
}

/** Prepares an app's requests to carry who sends them. */
export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest('userId', undefined)
}

/** Without a promise where no policy needs one: most requests are waiting for nothing here. */
function identify(
  policies: readonly AuthenticationPolicy[],
  request: FastifyRequest,
  from = 0,
): string | undefined | Promise<string | undefined> {
  for (let index = from; index < policies.length; index += 1) {
    const policy = policies[index]
    const user = policy?.authenticate(request.headers)
    if (policy === undefined || user === undefined) continue
    if (typeof user === 'string') return `${policy.name}:${user}`
    return user.then((id) => (id === undefined ? identify(policies, request, index + 1) : `${policy.name}:${id}`))
  }
  return undefined
}
