import type { FastifyRequest } from 'fastify'
import { type Fault, InvalidParameters, invalid } from '../errors/invalid-parameters.ts'
import { UnreadableBody } from '../http/bodies.ts'
import { draftOf } from '../http/summary.ts'
import { splitTarget } from '../http/urls.ts'
import { isId } from '../model/ids.ts'
import type { Scope } from '../model/model.ts'
import type { Precondition } from '../model/precondition.ts'
import { type Access, accessOf } from './access.ts'
import { contextFor, parametersOf, type ResourceContext, scopeOf } from './context.ts'
import { readPreconditions } from './preconditions.ts'
import { type Parameters, parseQueryString } from './query/query-string.ts'

/** One request to a resource, with what every endpoint of it needs. */
export interface Exchange {
  readonly context: ResourceContext
  readonly request: FastifyRequest
  /** The id in the URL, unchecked; empty on a list. */
  readonly id: string
  readonly scope: Scope
  readonly access: Access
  readonly precondition: Precondition
  /** What is wrong with the headers so far. */
  readonly headerFaults: readonly Fault[]
  readonly parameters: Parameters
}

const noParameters: Parameters = []

/** Opens the exchange. Nothing is refused yet. */
export async function openExchange(served: ResourceContext, request: FastifyRequest): Promise<Exchange> {
  const context = contextFor(served, request)
  const scope = scopeOf(context, request)
  const { precondition, faults } = readPreconditions(request.headers)
  const { query } = splitTarget(request.url)
  draftOf(request)?.add({ collection_id: context.definition.name })
  return {
    context,
    request,
    id: parametersOf(request).id ?? '',
    scope,
    access: await accessOf(context, request, scope),
    precondition,
    headerFaults: faults,
    parameters: query.length > 1 ? parseQueryString(query.slice(1)) : noParameters,
  }
}

/** Refuses a request whose form is wrong, all faults together (R3.8). */
export function refuseFaults(...lists: readonly (readonly Fault[])[]): void {
  const [first, ...others] = lists.flat()
  if (first !== undefined) throw new InvalidParameters([first, ...others])
}

/** The faults of a body that could not be read (R3.9); `request.body` is fit for use if there are none. */
export function bodyFaults(request: FastifyRequest): readonly Fault[] {
  return request.body instanceof UnreadableBody ? [{ location: 'body', name: '', description: request.body.description }] : []
}

/** @throws InvalidParameters unless the resource accepts such ids (R5.12) */
export function checkId({ model }: ResourceContext, id: unknown): asserts id is string {
  if (!isId(model.ids, id)) throw invalid('path', null, 'Invalid object id')
}

/** The faults that a parser throws, to be told with those of others (R3.8). */
export function faultsOf(parse: () => unknown): readonly Fault[] {
  try {
    parse()
    return []
  } catch (error) {
    if (error instanceof InvalidParameters) return error.faults
    throw error
  }
}
