import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { catalogError, type HttpError } from '../errors/http-error.ts'
import { subrequestOf } from '../http/subrequest.ts'
import { createIdentification, type Identification } from './identification.ts'
import type { AuthenticationPolicy } from './policy.ts'
import { findPrincipals, type GroupSource, withPrincipals } from './principals.ts'
import { createRecognition, type PolicyObserver } from './recognition.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request, with the policy's prefix (`basicauth:8a93…`, R4.2); undefined if nobody is logged in. */
    userId: string | undefined
  }
}

/** Who sends requests, and what they are answered who don't say. */
export interface Authentication extends Identification {
  readonly policies: readonly AuthenticationPolicy[]
  /** Looked up once per request. @throws BackendError if it can't be told who sends it */
  principals(request: FastifyRequest): Promise<readonly string[]>
  /** 401 for nobody, 403 for somebody (R3.10, R3.11). @throws BackendError if it can't be told which */
  refusal(request: FastifyRequest): HttpError
  /** Refuses those who are not logged in. */
  readonly requireUser: onRequestHookHandler
}

/** What authentication works with. */
export interface AuthenticationOptions {
  readonly groups?: GroupSource | undefined
  /** Is told what became of each request that a policy was asked about. */
  readonly observe?: PolicyObserver | undefined
}

/** Makes the authentication of a service: the first policy that knows the user decides (R4.1). */
export function createAuthentication(
  policies: readonly AuthenticationPolicy[],
  { groups, observe }: AuthenticationOptions = {},
): Authentication {
  const found = new WeakMap<FastifyRequest, Promise<readonly string[]>>()
  const challenges = policies.map(({ challenge }) => challenge)
  const { identify, user: knownUser } = createIdentification(createRecognition(policies, observe))

  const refusal = (request: FastifyRequest): HttpError =>
    knownUser(request) === undefined
      ? catalogError('missing-credentials', { headers: { 'www-authenticate': challenges } })
      : catalogError('forbidden')

  return {
    policies,
    refusal,
    identify,
    user: knownUser,
    async principals(request) {
      const user = knownUser(request)
      const batch = subrequestOf(request)?.batch
      const known = found.get(request) ?? batch?.principals.get(user?.id) ?? findPrincipals(user?.id, groups)
      found.set(request, known)
      batch?.principals.set(user?.id, known)
      return withPrincipals(await known, user?.principals)
    },
    requireUser(request, _reply, done) {
      done(request.userId === undefined ? thrownOr(() => refusal(request)) : undefined)
    },
  }
}

function thrownOr(make: () => Error): Error {
  try {
    return make()
  } catch (error) {
    return error as Error // Fastify's type says so; its handler takes whatever was thrown
  }
}

/** Prepares an app's requests to carry who sends them. */
export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest('userId', undefined)
}
