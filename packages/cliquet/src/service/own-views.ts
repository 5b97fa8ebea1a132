import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Authentication } from '../auth/authentication.ts'
import type { Cache } from '../cache/contract.ts'
import type { Sessions } from '../events/contract.ts'
import { JSON_TYPE } from '../http/media-types.ts'
import { draftOf } from '../http/summary.ts'
import { unitOf } from '../http/unit-of-work.ts'
import type { PermissionSession } from '../permission/contract.ts'
import type { StorageSession } from '../storage/contract.ts'

/**
 * A service's own views: a Fastify plugin whose routes are below the version prefix. They are for logged-in users unless a route says
 * `config: { public: true }`, answer errors in the common format, and work in batches, inside their transaction.
 */
export type Views = FastifyPluginAsync

declare module 'fastify' {
  interface FastifyRequest {
    /** The principals of the request (R4.4), in a service's own views; empty elsewhere. */
    readonly principals: readonly string[]
    /** The service's storage; inside a transaction as that sees it. */
    readonly storage: StorageSession
    /** The service's permissions; inside a transaction as that sees them. */
    readonly permission: PermissionSession
    readonly cache: Cache
    /** Adds to what is told of the request when it is over, such as its line in the log. Costs nothing while nobody wants to know. */
    note(facts: Readonly<Record<string, unknown>>): void
  }
}

/** Gives requests what views work with. */
export function decorateViewRequests(app: FastifyInstance, backends: Sessions & { readonly cache: Cache }, found: FoundPrincipals): void {
  const sessions = (request: FastifyRequest): Sessions => unitOf(request)?.sessions ?? backends
  app.decorateRequest('principals', { getter: found.of })
  app.decorateRequest('storage', { getter: getter((request) => sessions(request).storage) })
  app.decorateRequest('permission', { getter: getter((request) => sessions(request).permission) })
  app.decorateRequest('cache', { getter: () => backends.cache })
  app.decorateRequest('note', function (facts) {
    draftOf(this)?.add(facts)
  })
}

/** The principals of the requests to own views. */
export interface FoundPrincipals {
  set(request: FastifyRequest, principals: readonly string[]): void
  of(this: FastifyRequest): readonly string[]
}

/** Makes an empty store of principals, which forgets with the requests. */
export function createFoundPrincipals(): FoundPrincipals {
  const found = new WeakMap<FastifyRequest, readonly string[]>()
  return {
    set: (request, principals) => void found.set(request, principals),
    of() {
      return found.get(this) ?? []
    },
  }
}

/** Serves views below the prefix. To be called after the toolkit's own endpoints are there. */
export async function serveViews(
  scope: FastifyInstance,
  views: readonly Views[],
  authentication: Authentication,
  found: FoundPrincipals,
): Promise<void> {
  const findPrincipals = async (request: FastifyRequest): Promise<void> => {
    found.set(request, await authentication.principals(request))
  }
  await scope.register(async (own) => {
    own.addHook('onRoute', (route: RouteOptions) => {
      const guards = route.config?.public ? [findPrincipals] : [authentication.requireUser, findPrincipals]
      route.onRequest = [...guards, ...[route.onRequest ?? []].flat()]
    })
    own.addHook('onSend', async (_request, reply) => plainJson(reply))
    for (const plugin of views) await own.register(plugin)
  })
}

/** JSON without a charset, as everywhere (R0.1). */
function plainJson(reply: FastifyReply): void {
  if (reply.getHeader('content-type') === `${JSON_TYPE}; charset=utf-8`) reply.header('content-type', JSON_TYPE)
}

const getter = <T>(read: (request: FastifyRequest) => T) =>
  function (this: FastifyRequest): T {
    return read(this)
  }
