import type { FastifyRequest } from 'fastify'
import type { Authentication } from '../auth/authentication.ts'
import type { Authorization } from '../auth/authorization.ts'
import { EVERYONE } from '../auth/principals.ts'
import type { Cache } from '../cache/contract.ts'
import type { Happening, Sessions } from '../events/contract.ts'
import type { Transactions } from '../http/transactions.ts'
import { unitOf } from '../http/unit-of-work.ts'
import type { Observer, RecordModel, Scope } from '../model/model.ts'
import type { ObjectRef } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ResourceDefinition } from './define.ts'

/** The settings that concern resources. */
export interface ResourceSettings {
  readonly apiPrefix: string
  readonly httpScheme: string | undefined
  readonly httpHost: string | undefined
  readonly projectDocs: string
  readonly paginateBy: number | undefined
  readonly storageMaxFetchSize: number
  readonly paginationTokenValiditySeconds: number
  readonly retryAfterSeconds: number
}

/** What the endpoints of one resource work with. */
export interface ResourceContext {
  readonly definition: ResourceDefinition
  /** All resources of the service: complete once it is ready. */
  readonly resources: ReadonlyMap<string, ResourceDefinition>
  readonly model: RecordModel
  readonly authentication: Authentication
  readonly authorization: Authorization
  readonly cache: Cache | undefined
  readonly settings: ResourceSettings
  /** How long anonymous answers may be cached, s; undefined: not at all (R12.7). */
  readonly cacheSeconds: number | undefined
  readonly clock: Clock
  readonly transactions: Transactions
  /** The same inside a transaction. */
  within(sessions: Sessions): ResourceContext
}

/** What a request works with: inside a transaction the backends as that sees them. */
export function contextFor(context: ResourceContext, request: FastifyRequest): ResourceContext {
  const sessions = unitOf(request)?.sessions
  return sessions === undefined ? context : context.within(sessions)
}

/** The collection of a request, and on whose behalf it is used. */
export function scopeOf({ definition, model }: ResourceContext, request: FastifyRequest): Scope {
  const caller = request.userId ?? EVERYONE
  const uri = collectionUri(definition.collectionPath, parametersOf(request))
  const parentId = definition.parentId?.({ request }) ?? defaultParent(definition, uri, caller)
  const author = (id: string): string => definition.author?.({ request, id }) ?? caller
  return {
    collection: { parentId, resource: model.name },
    uri,
    author,
    request,
    observe: observerOf(request, model.name, { parentId, uri }),
  }
}

/** Takes note of what is done to records of a collection. Undefined where nobody wants to know. */
function observerOf(request: FastifyRequest, resourceName: string, collection: ObjectRef): Observer | undefined {
  const events = unitOf(request)?.events
  if (events === undefined) return undefined
  const { id: _, ...parameters } = parametersOf(request)
  const { userId } = request
  return (action, timestamp, impacted) => {
    if (!events.isAwaited(resourceName, action)) return
    const happening = { action, resourceName, ...collection, parameters, timestamp, userId, request, impacted: impacted() }
    events.add(happening as Happening) // the entries are of that action
  }
}

/** One collection for all or for each user, and where the path has parameters one for each of their values: `/libraries/a/books` has its own. */
export function defaultParent({ shared, collectionPath }: ResourceDefinition, uri: string, caller: string): string {
  const owner = shared ? '' : caller
  return collectionPath.includes('{') ? `${owner}${uri}` : owner
}

/** The parameters of a request's URL, decoded. */
export const parametersOf = (request: FastifyRequest): Readonly<Record<string, string>> => request.params as Record<string, string> // Fastify's router makes it an object of texts

/** The URI of a collection. What a parameter's value has of `/` stays escaped, so that it never reaches into another object's URI (R10.2). */
export function collectionUri(path: string, parameters: Readonly<Record<string, string>>): string {
  if (!path.includes('{')) return path
  return path.replace(/\{(\w+)\}/g, (_, name: string) => (parameters[name] ?? '').replace(/[%/]/g, encodeURIComponent))
}

/** Whether a name may be asked about in filters, sort keys and `_fields` (R7.7); `root` is its part before the first dot. */
export const knowsField =
  ({ model: { schema } }: ResourceContext) =>
  (root: string): boolean =>
    schema.preserveUnknown || schema.fieldNames.includes(root)
