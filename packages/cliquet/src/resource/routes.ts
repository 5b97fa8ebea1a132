import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Action } from '../events/contract.ts'
import type { Answer } from '../http/answer.ts'
import { EXPOSED } from '../http/cors.ts'
import type { Endpoint } from '../http/endpoint.ts'
import { JSON_TYPE } from '../http/media-types.ts'
import { refusalOf } from './answers.ts'
import type { ResourceContext } from './context.ts'
import type { ListMethod, RecordMethod } from './define.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { countList, deleteList, getList } from './list-handlers.ts'
import { listOperation, recordOperation } from './operations.ts'
import { PATCH_TYPES, patchRecord } from './patch-handler.ts'
import { deleteRecord, getRecord, postRecord, putRecord } from './record-handlers.ts'

type Handler = (exchange: Exchange, reply: FastifyReply) => Promise<Answer>

interface Method {
  readonly handler: Handler
  /** With the resource's name for `{}`. */
  readonly summary: string
  /** What it may do to records. */
  readonly actions: readonly Action[]
  readonly bodyTypes?: readonly string[]
  readonly exposes?: string
}

const listMethods: Readonly<Record<ListMethod, Method>> = {
  GET: { handler: getList, summary: 'List {}s, or what has changed since a timestamp', actions: ['read'], exposes: EXPOSED.list },
  HEAD: { handler: countList, summary: 'Count {}s', actions: [], exposes: EXPOSED.count },
  POST: { handler: postRecord, summary: 'Create a {}', actions: ['create', 'read'], bodyTypes: [JSON_TYPE] },
  DELETE: { handler: deleteList, summary: 'Delete the {}s that match', actions: ['delete'] },
}

const recordMethods: Readonly<Record<RecordMethod, Method>> = {
  GET: { handler: getRecord, summary: 'Read a {}', actions: ['read'], exposes: EXPOSED.record },
  HEAD: { handler: getRecord, summary: 'See whether a {} has changed', actions: ['read'], exposes: EXPOSED.record },
  PUT: { handler: putRecord, summary: 'Create or replace a {}', actions: ['create', 'update'], bodyTypes: [JSON_TYPE] },
  PATCH: { handler: patchRecord, summary: 'Change fields or permissions of a {}', actions: ['update'], bodyTypes: PATCH_TYPES },
  DELETE: { handler: deleteRecord, summary: 'Delete a {}', actions: ['delete'] },
}

/** Whether settings leave an endpoint on (R5.3). */
export type EndpointSwitch = (kind: 'list' | 'record', method: string) => boolean

/** The endpoints of a resource, as data (R5.1). */
export function resourceEndpoints(context: ResourceContext, isEnabled: EndpointSwitch): readonly Endpoint[] {
  const { definition } = context
  const endpoint = (path: string, kind: 'list' | 'record', name: string, method: Method, operation: Endpoint['operation']): Endpoint => ({
    method: name as Endpoint['method'], // the methods of the two tables above are HTTP methods
    path: routePath(path),
    service: `${definition.name}-${kind}`,
    summary: method.summary.replace('{}', definition.name),
    json: true,
    variesByUser: true,
    ...(method.bodyTypes === undefined ? {} : { bodyTypes: method.bodyTypes }),
    ...(method.exposes === undefined ? {} : { exposes: method.exposes }),
    operation,
    handler: (request, reply) =>
      context.transactions.ofRequest(request, { resourceName: definition.name, actions: method.actions }, () =>
        answer(context, method.handler, { request, reply }),
      ),
  })
  const { collectionPath, recordPath } = definition
  const list = definition.collectionMethods.filter((name) => isEnabled('list', name))
  const record = recordPath === null ? [] : definition.recordMethods.filter((name) => isEnabled('record', name))
  return [
    ...list.map((name) => endpoint(collectionPath, 'list', name, listMethods[name], listOperation(definition, name))),
    ...record.map((name) => endpoint(recordPath ?? '', 'record', name, recordMethods[name], recordOperation(definition, name))),
  ]
}

interface Call {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

async function answer(context: ResourceContext, handler: Handler, { request, reply }: Call): Promise<Answer> {
  const exchange = await openExchange(context, request)
  try {
    return await handler(exchange, reply)
  } catch (error) {
    throw await refusalOf(error, exchange)
  }
}

/** `/libraries/{lib}` as the router writes it: `/libraries/:lib`. */
const routePath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1')
