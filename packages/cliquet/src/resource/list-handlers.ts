import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { type Fault, invalid } from '../errors/invalid-parameters.ts'
import type { EventRecord } from '../events/contract.ts'
import { sendAlert } from '../http/alert.ts'
import type { Answer } from '../http/answer.ts'
import { JSON_TYPE } from '../http/media-types.ts'
import { draftOf } from '../http/summary.ts'
import { origin, splitTarget } from '../http/urls.ts'
import { fails, PreconditionFailed } from '../model/precondition.ts'
import { removeRecords } from '../model/removing.ts'
import type { JsonObject } from '../primitives/json.ts'
import type { SortValue } from '../storage/query.ts'
import { tombstoneText } from '../storage/record.ts'
import { notModified, readingHeaders, stamps } from './answers.ts'
import { knowsField, type ResourceContext } from './context.ts'
import { bodyFaults, type Exchange, refuseFaults } from './exchange.ts'
import { checkQueryShape } from './query/integers.ts'
import { type ListQuery, parseListQuery } from './query/list-query.ts'
import { nextPageUrl } from './query/next-page.ts'
import { encodeToken } from './query/page-token.ts'
import { selectFields } from './query/selection.ts'

/** GET of a list: its records, and tombstones for those who ask for changes (R7.13). */
export async function getList(exchange: Exchange, reply: FastifyReply): Promise<Answer> {
  const { context, request } = exchange
  const ids = await exchange.access.selection('read')
  const current = await checkList(exchange)
  if (current !== undefined && current === exchange.precondition.ifNoneMatch) return notModified(current)
  const query = readQuery(exchange, reply)
  const page = await context.model.storage.list(exchange.scope.collection, { ...query, ids })
  draftOf(request)?.add({ nb_records: page.length, limit: query.limit })
  const timestamp = query.token?.timestamp ?? page.timestamp
  exchange.scope.observe?.('read', timestamp, () => JSON.parse(page.json) as EventRecord[]) // a page is a list of records
  const next = page.next === undefined ? {} : { 'next-page': nextPage(exchange, query, page.next, { timestamp, length: page.length }).url }
  const headers = { ...stamps(timestamp), ...readingHeaders(context, request), ...next }
  return { status: 200, headers, text: `{"data":${query.fields === undefined ? page.json : projected(page.json, query.fields)}}` }
}

/** HEAD of a list: how many records match (R8.13). */
export async function countList(exchange: Exchange, reply: FastifyReply): Promise<Answer> {
  const { context, request } = exchange
  const ids = await exchange.access.selection('read')
  const current = await checkList(exchange)
  if (current !== undefined && current === exchange.precondition.ifNoneMatch) return notModified(current)
  const { filters } = readQuery(exchange, reply)
  const { total, timestamp } = await context.model.storage.count(exchange.scope.collection, filters, ids)
  const totals = { 'total-objects': String(total), 'total-records': String(total) }
  const headers = { ...stamps(timestamp), ...readingHeaders(context, request), ...totals, 'content-type': JSON_TYPE }
  return { status: 200, headers }
}

/** DELETE of a list: removes what the query selects, page by page if it says so (R5.30). */
export async function deleteList(exchange: Exchange, reply: FastifyReply): Promise<Answer> {
  const { context, request } = exchange
  const ids = await exchange.access.selection('write')
  await checkList(exchange, bodyFaults(request))
  const query = readQuery(exchange, reply)
  await spendToken(context, query)
  const { ifMatch } = exchange.precondition
  const ifTimestamp = typeof ifMatch === 'number' ? ifMatch : undefined
  const { removed, timestamp, next } = await removeRecords(context.model, exchange.scope, { ...query, ids }, ifTimestamp)
  draftOf(request)?.add({ nb_records: removed.length, limit: query.limit })
  const more = next === undefined ? {} : { 'next-page': await nextDeletion(exchange, query, next, removed.length) }
  const tombstones = removed.map(({ tombstone }) => tombstoneText(tombstone.id, tombstone.timestamp))
  return { status: 200, headers: { ...stamps(timestamp), ...more }, text: `{"data":[${tombstones.join(',')}]}` }
}

/**
 * Refuses what is wrong in form, and what the collection's timestamp does not fulfil (R6.6).
 * @returns that timestamp, if a header is about it
 */
async function checkList(exchange: Exchange, faults: readonly Fault[] = []): Promise<number | undefined> {
  const { context, scope, precondition, headerFaults, parameters } = exchange
  refuseFaults(headerFaults, checkQueryShape(parameters, context.clock()), faults)
  if (precondition.ifMatch === undefined && precondition.ifNoneMatch === undefined) return undefined
  const timestamp = await context.model.storage.timestamp(scope.collection)
  if (timestamp !== precondition.ifNoneMatch && fails(precondition, timestamp)) throw new PreconditionFailed(undefined, timestamp)
  return timestamp
}

function readQuery({ context, parameters }: Exchange, reply: FastifyReply): ListQuery {
  const query = parseListQuery(parameters, {
    knownField: knowsField(context),
    paginateBy: context.settings.paginateBy,
    maxFetchSize: context.settings.storageMaxFetchSize,
    now: context.clock(),
  })
  if (query.includesToOldAlias && !reply.hasHeader('alert')) {
    sendAlert(reply, {
      code: 'soft-eol',
      message: '_to is now deprecated, you should use _before instead',
      url: context.settings.projectDocs,
    })
  }
  return query
}

interface PageEnd {
  readonly timestamp: number | undefined
  readonly length: number
}

function nextPage(
  { context, request, parameters }: Exchange,
  query: ListQuery,
  values: readonly SortValue[],
  { timestamp, length }: PageEnd,
) {
  const nonce = `pagination-token-${randomUUID()}`
  const token = encodeToken({ sort: query.sort, values, offset: (query.token?.offset ?? 0) + length, nonce, timestamp })
  const self = `${origin(request, context.settings)}${splitTarget(request.url).path}`
  return { nonce, url: nextPageUrl(self, parameters, query.limit, token) }
}

/** Tokens of DELETE are single-use: their nonce is remembered until it is used (R8.10). */
async function nextDeletion(exchange: Exchange, query: ListQuery, values: readonly SortValue[], length: number): Promise<string> {
  const { nonce, url } = nextPage(exchange, query, values, { timestamp: undefined, length })
  const { cache, settings } = exchange.context
  await cache?.set(nonce, true, settings.paginationTokenValiditySeconds * 1000)
  return url
}

async function spendToken({ cache }: ResourceContext, { token }: ListQuery): Promise<void> {
  if (token === undefined || cache === undefined) return
  if ((await cache.remove(token.nonce)) === undefined) throw invalid('querystring', null, '_token was already used or has expired.')
}

const projected = (json: string, fields: readonly string[]): string =>
  JSON.stringify((JSON.parse(json) as JsonObject[]).map((record) => selectFields(record, fields))) // a page is a list of records
