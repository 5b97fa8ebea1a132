import type { Answer } from '../http/answer.ts'
import type { Written } from '../model/changes.ts'
import { MissingRecord } from '../model/conflicts.ts'
import { toLiveRecord } from '../model/model.ts'
import { fails, PreconditionFailed } from '../model/precondition.ts'
import { needsPrevious } from '../model/preparation.ts'
import { removeRecord } from '../model/removing.ts'
import { createRecord, replaceBlindly, replaceRecord, type WriteRequest } from '../model/writing.ts'
import { isJsonObject } from '../primitives/json.ts'
import { tombstoneText } from '../storage/record.ts'
import { notModified, readingHeaders, recordAnswer, stamps } from './answers.ts'
import { knowsField } from './context.ts'
import { bodyFaults, checkId, type Exchange, faultsOf, refuseFaults } from './exchange.ts'
import { type InputReader, inputReader } from './input.ts'
import { parseTombstoneTimestamp, permittedRecordQuery } from './query/record-query.ts'
import { selectFields } from './query/selection.ts'

/** GET and HEAD of a record. */
export async function getRecord(exchange: Exchange): Promise<Answer> {
  const { context, request, id, access, precondition, scope, parameters } = exchange
  await access.requireRead(id)
  refuseFaults(exchange.headerFaults)
  checkId(context, id)
  const record = await context.model.storage.get(scope.collection, id)
  if (record === undefined) throw new MissingRecord()
  if (precondition.ifNoneMatch === record.timestamp) return notModified(record.timestamp)
  if (fails(precondition, record.timestamp)) throw new PreconditionFailed(record, record.timestamp)
  const { fields } = permittedRecordQuery(parameters, { knownField: knowsField(context) })
  scope.observe?.('read', record.timestamp, () => [toLiveRecord(record)])
  const headers = readingHeaders(context, request)
  if (fields === undefined) return recordAnswer(exchange, record, { status: 200, headers })
  const text = `{"data":${JSON.stringify(selectFields(toLiveRecord(record), fields))}}`
  return { status: 200, headers: { ...stamps(record.timestamp), ...headers }, text }
}

/** POST on a list: creates, or answers the record whose id or unique value it is (R5.14–R5.16). */
export async function postRecord(exchange: Exchange): Promise<Answer> {
  const { context, request, scope } = exchange
  const given = postedId(request.body)
  if (given !== undefined) checkId(context, given)
  const id = given ?? context.model.ids.generate()
  const create = { ...writeRequest(exchange, id), idGiven: given !== undefined }
  return writtenAnswer(exchange, await createRecord(context.model, scope, create, inputReader(exchange, id).create))
}

/** PUT of a record: creates or replaces (R5.17–R5.19). */
export async function putRecord(exchange: Exchange): Promise<Answer> {
  const { context, id, scope } = exchange
  const input = inputReader(exchange, id)
  const written =
    (await putBlindly(exchange, input)) ?? (await replaceRecord(context.model, scope, writeRequest(exchange, id), input.replace))
  return writtenAnswer(exchange, written)
}

/** Where nothing depends on the record that is there, it is not read first. */
async function putBlindly({ context, scope, id, precondition }: Exchange, input: InputReader): Promise<Written | undefined> {
  if (context.definition.shared || needsPrevious(context.model)) return undefined
  return replaceBlindly(context.model, scope, { id, precondition }, input.blind())
}

const writtenAnswer = (exchange: Exchange, { kind, record }: Written): Promise<Answer> =>
  recordAnswer(exchange, record, { status: kind === 'created' ? 201 : 200 })

/** DELETE of a record (R5.29, R5.31). */
export async function deleteRecord(exchange: Exchange): Promise<Answer> {
  const { context, id, scope } = exchange
  const { tombstone } = await removeRecord(context.model, scope, writeRequest(exchange, id), () => {
    const readTimestamp = () => parseTombstoneTimestamp(exchange.parameters)
    refuseFaults(exchange.headerFaults, bodyFaults(exchange.request), faultsOf(readTimestamp))
    const timestamp = readTimestamp()
    checkId(context, id)
    return timestamp
  })
  return { status: 200, headers: stamps(tombstone.timestamp), text: `{"data":${tombstoneText(tombstone.id, tombstone.timestamp)}}` }
}

/** What a write of this exchange is allowed and asked for. */
export function writeRequest({ access, precondition }: Exchange, id: string): WriteRequest {
  return {
    id,
    precondition,
    authorize(action, existing) {
      if (action === 'create') return access.requireCreate()
      return action === 'read' ? access.requireRead(existing?.id ?? id) : access.requireWrite(id, existing)
    },
  }
}

/** The id that a POST wishes for; any kind of value. */
function postedId(body: unknown): unknown {
  const data = isJsonObject(body) && Object.hasOwn(body, 'data') ? body.data : undefined
  return isJsonObject(data) && Object.hasOwn(data, 'id') ? data.id : undefined
}
