import type { FastifyRequest } from 'fastify'
import { type Fault, InvalidParameters } from '../errors/invalid-parameters.ts'
import type { Answer } from '../http/answer.ts'
import { mediaType } from '../http/media-types.ts'
import { recordRef, type Scope, toLiveRecord } from '../model/model.ts'
import { type Draft, validateDraft } from '../model/preparation.ts'
import { changeRecord, type Patched } from '../model/writing.ts'
import type { PermissionChange } from '../permission/contract.ts'
import type { JsonObject } from '../primitives/json.ts'
import { parseBody } from '../schema/body.ts'
import type { StoredRecord } from '../storage/record.ts'
import { recordAnswer, stamps } from './answers.ts'
import type { ResourceContext } from './context.ts'
import { bodyFaults, checkId, type Exchange, faultsOf, refuseFaults } from './exchange.ts'
import { applyOperations } from './patch/json-patch.ts'
import { mergeFields, mergeRecord } from './patch/merging.ts'
import { parseOperations } from './patch/operation.ts'
import { changePermissions } from './patch/permission-change.ts'
import { type Behavior, behave, parseBehavior } from './patch/response-behavior.ts'
import { writeRequest } from './record-handlers.ts'

/** The media types of the three kinds of patches (R5.23–R5.25). */
export const PATCH_TYPES = ['application/json', 'application/merge-patch+json', 'application/json-patch+json'] as const

/** What a patch does to a record: the whole record after it, the permissions it changes, and the fields it names (R5.28). */
interface Effect {
  readonly data: JsonObject
  readonly permissions: PermissionChange
  readonly sent: JsonObject
}

type Patch = (existing: StoredRecord) => Effect | Promise<Effect>

/** PATCH of a record (R5.20–R5.28). */
export async function patchRecord(exchange: Exchange): Promise<Answer> {
  const { context, request, id, scope } = exchange
  let sent: JsonObject = {}
  const { record, previous } = await changeRecord(context.model, scope, writeRequest(exchange, id), {
    input: () => readPatch(exchange),
    async change(existing, { patch }): Promise<Patched> {
      const effect = await patch(existing)
      sent = effect.sent
      return { draft: validPatch(context, id, effect.data, existing), permissions: effect.permissions }
    },
  })
  const behavior = parseBehavior(behaviorHeader(request))
  if (behavior === 'full' || previous === undefined) return recordAnswer(exchange, record, { status: 200 })
  return reducedAnswer(behavior, { record, previous, sent })
}

function validPatch({ model }: ResourceContext, id: string, data: JsonObject, existing: StoredRecord): Draft {
  const draft = validateDraft(model, id, data, { existing, patched: true })
  if (!('faults' in draft)) return draft
  throw invalidParameters(draft.faults)
}

const invalidParameters = ([first, ...others]: readonly Fault[]): InvalidParameters =>
  new InvalidParameters([first ?? { location: 'body', name: 'data', description: 'Invalid' }, ...others])

/** The fields that the patch names and that have changed, without permissions (R5.28). */
function reducedAnswer(
  behavior: Behavior,
  { record, previous, sent }: { readonly record: StoredRecord; readonly previous: StoredRecord; readonly sent: JsonObject },
): Answer {
  const data = behave(behavior, { before: toLiveRecord(previous), after: toLiveRecord(record), sent })
  return { status: 200, headers: stamps(record.timestamp), text: JSON.stringify({ data }) }
}

/** Reads headers and body; all faults of form are told before the record is looked for. */
function readPatch(exchange: Exchange): { readonly patch: Patch } {
  const { context, request, headerFaults, id } = exchange
  const unreadable = bodyFaults(request)
  const faults = [...headerFaults, ...faultsOf(() => parseBehavior(behaviorHeader(request))), ...unreadable]
  if (faults.length > 0) refuseFaults(faults, unreadable.length > 0 ? [] : faultsOf(() => parsePatch(exchange)))
  const patch = parsePatch(exchange)
  checkId(context, id)
  return { patch }
}

function parsePatch(exchange: Exchange): Patch {
  const type = mediaType(exchange.request.headers['content-type'] ?? '')
  return type === 'application/json-patch+json' ? jsonPatch(exchange) : bodyPatch(exchange, type === 'application/merge-patch+json')
}

/** A patch whose body looks like a record: shallow merge, or RFC 7396. */
function bodyPatch({ context, request }: Exchange, isMergePatch: boolean): Patch {
  const { data, permissions, faults } = parseBody(request.body, { permissions: context.model.permissions })
  if (faults !== undefined) throw invalidParameters(faults)
  if (data === undefined && permissions === undefined) {
    throw invalidParameters([{ location: 'body', name: 'data', description: 'Provide at least one of data or permissions' }])
  }
  const merge = isMergePatch ? mergeRecord : mergeFields
  const change = changePermissions(permissions ?? {}, isMergePatch ? 'merge-patch' : 'json')
  return (existing) => ({ data: merge(toLiveRecord(existing), data ?? {}), permissions: change, sent: data ?? {} })
}

/** A list of operations on the record and its permissions (RFC 6902). */
function jsonPatch({ context, request, scope, id }: Exchange): Patch {
  const { model } = context
  const operations = parseOperations(request.body)
  return async (existing) => {
    const permissions = await storedPermissions(context, scope, id)
    const result = applyOperations({ data: toLiveRecord(existing), permissions }, operations, model.permissions ?? [])
    return { ...result, sent: result.data }
  }
}

async function storedPermissions({ model }: ResourceContext, scope: Scope, id: string) {
  return model.permissions === undefined ? {} : ((await model.permission?.permissionsOf(recordRef(scope, id))) ?? {})
}

function behaviorHeader({ headers }: FastifyRequest): string | undefined {
  const header = headers['response-behavior']
  return Array.isArray(header) ? header.join(', ') : header
}
