import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { type KnownUser, subrequestOf } from '../http/subrequest.ts'
import { draftOf } from '../http/summary.ts'
import type { Recognition } from './recognition.ts'

/** Who sends which request. */
export interface Identification {
  /** Sets `request.userId`. It refuses nobody: what a policy throws is kept for whoever asks who sends the request. */
  readonly identify: onRequestHookHandler
  /** Who sends the request; undefined if nobody is logged in. @throws what the policy threw that could not tell */
  user(request: FastifyRequest): KnownUser | undefined
}

/** Makes the memory of who sends requests. In a batch the same credentials are looked at once. */
export function createIdentification(recognise: Recognition): Identification {
  const detailed = new WeakMap<FastifyRequest, KnownUser>()
  const failures = new WeakMap<FastifyRequest, { readonly error: unknown }>()

  function remember(request: FastifyRequest, user: KnownUser | undefined): void {
    request.userId = user?.id
    const draft = draftOf(request)
    if (draft !== undefined) draft.policy = user?.policy
    if (user?.principals !== undefined || user?.profile !== undefined) detailed.set(request, user)
    subrequestOf(request)?.batch.users.set(request.headers.authorization, user)
  }

  return {
    identify(request, _reply, done) {
      const { authorization } = request.headers
      const users = subrequestOf(request)?.batch.users
      const recognised = (user: KnownUser | undefined): void => {
        remember(request, user)
        done()
      }
      const failed = (error: unknown): void => {
        failures.set(request, { error })
        done()
      }
      if (users?.has(authorization)) return recognised(users.get(authorization))
      const user = recognise(request.headers)
      if (user instanceof Promise) user.then(recognised, failed)
      else recognised(user)
    },
    user(request) {
      const failure = failures.get(request)
      if (failure !== undefined) throw failure.error
      return detailed.get(request) ?? (request.userId === undefined ? undefined : { id: request.userId })
    },
  }
}
