import type { FastifyRequest } from 'fastify'
import { catalogError, type HttpError } from '../errors/http-error.ts'
import type { Answer } from '../http/answer.ts'
import { cacheHeaders, httpDate } from '../http/caching.ts'
import { FieldConflict, MissingRecord, WriteConflict } from '../model/conflicts.ts'
import { recordRef, toLiveRecord } from '../model/model.ts'
import { PreconditionFailed } from '../model/precondition.ts'
import { recordText, type StoredRecord } from '../storage/record.ts'
import type { Access } from './access.ts'
import type { ResourceContext } from './context.ts'
import type { Exchange } from './exchange.ts'

/** `ETag` and `Last-Modified` of a timestamp (R6.1, R6.2). */
export const stamps = (timestamp: number): Record<string, string> => ({
  etag: `"${timestamp}"`,
  'last-modified': httpDate(timestamp),
})

/** The caching headers of a successful GET or HEAD (R12.7). */
export function readingHeaders({ cacheSeconds, clock }: ResourceContext, request: FastifyRequest): Record<string, string> {
  if (cacheSeconds === undefined || request.userId !== undefined) return { 'cache-control': 'no-cache, no-store' }
  return cacheHeaders(cacheSeconds, clock)
}

/** The caller already has it as it is (R6.4). */
export const notModified = (timestamp: number): Answer => ({ status: 304, headers: stamps(timestamp) })

/** A record, with its permissions where it has some (R5.9). */
export async function recordAnswer(
  exchange: Exchange,
  record: StoredRecord,
  { status, headers }: { readonly status: number; readonly headers?: Record<string, string> },
): Promise<Answer> {
  const data = recordText(record.id, record.timestamp, record.body)
  const permissions = exchange.context.definition.shared ? `,"permissions":${await permissionsText(exchange, record.id)}` : ''
  return { status, headers: { ...stamps(record.timestamp), ...headers }, text: `{"data":${data}${permissions}}` }
}

/** The permissions of a record, if one of the caller's principals, or its author, is in its own `write` set, else `{}` (R10.11, R10.18). */
async function permissionsText({ context, scope, access }: Exchange, id: string): Promise<string> {
  const stored = (await context.model.permission?.permissionsOf(recordRef(scope, id))) ?? {}
  const shownTo = [...access.caller.principals, scope.author(id)]
  return stored.write?.some((principal) => shownTo.includes(principal)) ? JSON.stringify(stored) : '{}'
}

/** Turns the small errors of the model into answers for this caller (R3.12, R5.44, R5.46, R6.9); any other error is given back. */
export async function refusalOf(error: unknown, { context, access, id }: Exchange): Promise<unknown> {
  const { definition, settings } = context
  if (error instanceof MissingRecord) {
    return catalogError('missing-record', { details: { id, resource_name: definition.name } })
  }
  if (error instanceof PreconditionFailed) return preconditionFailed(error, access)
  if (error instanceof FieldConflict) {
    const existing = (await access.mayRead(error.existing.id)) ? { existing: toLiveRecord(error.existing) } : {}
    return catalogError('constraint-violated', { message: error.message, details: { field: error.field, ...existing }, cause: error })
  }
  if (error instanceof WriteConflict) {
    return catalogError('constraint-violated', { headers: { 'retry-after': String(settings.retryAfterSeconds) }, cause: error })
  }
  return error
}

/** The current record is shown to those only who may read it (R6.9). */
async function preconditionFailed(error: PreconditionFailed, access: Access): Promise<HttpError> {
  const { current, timestamp } = error
  const shown = current !== undefined && (await access.mayRead(current.id))
  const details = shown ? { existing: toLiveRecord(current) } : undefined
  return catalogError('precondition-failed', { headers: stamps(timestamp), cause: error, details })
}
