import type { PermissionChange } from '../permission/contract.ts'
import { parseObject } from '../primitives/json.ts'
import type { Condition, PutOutcome } from '../storage/contract.ts'
import type { StoredRecord } from '../storage/record.ts'
import { observeWritten, type Written } from './changes.ts'
import { FieldConflict, MissingRecord, WriteConflict } from './conflicts.ts'
import type { RecordModel, Scope } from './model.ts'
import { initialPermissions, type PermissionInput, permissionWork, replacedPermissions, writeWith } from './permissions.ts'
import { fails, type Precondition, PreconditionFailed } from './precondition.ts'
import { type Draft, finishDraft } from './preparation.ts'

/** What a write is asked for by a request. */
export interface WriteRequest {
  readonly id: string
  readonly precondition: Precondition
  /** Throws if the caller may not do that to the record as it is. Asked again whenever the record has changed meanwhile. */
  authorize(action: 'create' | 'read' | 'write', existing: StoredRecord | undefined): Promise<void>
}

/** A write that needs no one's leave. */
export type BlindRequest = Pick<WriteRequest, 'id' | 'precondition'>

/** What a body says, valid for the record as it is. Read after authorization (R3.21); throws `InvalidParameters`. */
export type ReadInput = (existing: StoredRecord | undefined) => WriteInput

/** See `ReadInput`. */
export interface WriteInput {
  /** Undefined keeps the fields of an existing record (R5.18). */
  readonly draft: Draft | undefined
  readonly permissions: PermissionInput | undefined
}

/** So often a write is tried again when others change the record between its being read and written. */
const MAX_ATTEMPTS = 100

/** Creates a record, unless its id or the value of a unique field is in use (R5.14–R5.16, R5.44). */
export async function createRecord(
  model: RecordModel,
  scope: Scope,
  request: WriteRequest & { readonly idGiven: boolean },
  input: () => WriteInput & { readonly draft: Draft },
): Promise<Written> {
  const { precondition, authorize } = request
  const written = await untilSettled(async (attempt): Promise<Written | undefined> => {
    // An id that was made here and is in use is nobody's wish: another one is made (R5.12).
    const id = request.idGiven || attempt === 0 ? request.id : model.ids.generate()
    const existing = request.idGiven ? await model.storage.get(scope.collection, id) : undefined
    await authorize(existing === undefined ? 'create' : 'read', existing)
    const { draft, permissions } = input()
    await demand(model, scope, precondition, existing)
    if (existing !== undefined) return { kind: 'existing', record: existing }
    const body = await finishDraft(model, scope, { ...draft, id }, undefined)
    const change = initialPermissions(model, permissions)
    const outcome = await put(model, scope, id, { body, change, condition: { kind: 'absent' }, timestamp: draft.timestamp })
    if (outcome.outcome !== 'duplicate') return settled(outcome)
    await authorize('read', outcome.existing)
    return { kind: 'existing', record: outcome.existing }
  })
  return observeWritten(scope, written)
}

/** Creates the record or replaces all its fields (R5.17–R5.19). */
export async function replaceRecord(model: RecordModel, scope: Scope, request: WriteRequest, input: ReadInput): Promise<Written> {
  const written = await untilSettled(async () => {
    const existing = await model.storage.get(scope.collection, request.id)
    await request.authorize(existing !== undefined && request.precondition.ifNoneMatch !== '*' ? 'write' : 'create', existing)
    const given = input(existing)
    await demand(model, scope, request.precondition, existing)
    const body = await finishDraft(model, scope, given.draft ?? keptDraft(request.id, existing), existing)
    const change = existing === undefined ? initialPermissions(model, given.permissions) : replacedPermissions(model, given.permissions)
    const parts = { body, change, condition: unchanged(existing), timestamp: given.draft?.timestamp }
    return settled(await put(model, scope, request.id, parts))
  })
  return observeWritten(scope, written)
}

/** A record's fields as they are, for the hook to see when they are written again (R5.18, R5.37). */
const keptDraft = (id: string, existing: StoredRecord | undefined): Draft => ({
  id,
  fields: existing === undefined ? {} : parseObject(existing.body),
  timestamp: undefined,
  claimedId: undefined,
})

/**
 * The same in one write, without reading first: for records without permissions, where neither the caller's rights nor a hook nor read-only
 * fields depend on what is there. Undefined if this can't be done so.
 */
export async function replaceBlindly(
  model: RecordModel,
  scope: Scope,
  { id, precondition }: BlindRequest,
  { draft }: WriteInput,
): Promise<Written | undefined> {
  const condition = conditionOf(precondition)
  if (condition === undefined || draft === undefined || isMisplaced(draft)) return undefined
  const body = await finishDraft(model, scope, draft, undefined)
  const outcome = await put(model, scope, id, { body, change: {}, condition, timestamp: draft.timestamp })
  if (outcome.outcome === 'refused') throw new PreconditionFailed(outcome.current, outcome.current?.timestamp ?? outcome.timestamp)
  const written = settled(outcome)
  return written && observeWritten(scope, written)
}

/** A body with another record's id is refused after the precondition is found to hold (R3.21). */
const isMisplaced = ({ id, claimedId }: Draft): boolean => claimedId !== undefined && claimedId !== id

/** What a patch makes of a record. */
export interface Patched {
  /** The whole record, valid after the patch. */
  readonly draft: Draft
  readonly permissions: PermissionChange
}

/** Changes a record that exists (R5.20–R5.22). `change` is called with the record as it is, again if it has changed meanwhile. */
export async function changeRecord<Input>(
  model: RecordModel,
  scope: Scope,
  request: WriteRequest,
  { input, change }: { readonly input: () => Input; readonly change: (existing: StoredRecord, input: Input) => Promise<Patched> },
): Promise<Written> {
  const written = await untilSettled(async () => {
    const existing = await model.storage.get(scope.collection, request.id)
    await request.authorize('write', existing)
    const given = input()
    if (existing === undefined) throw new MissingRecord()
    await demand(model, scope, request.precondition, existing)
    const { draft, permissions } = await change(existing, given)
    const body = await finishDraft(model, scope, draft, existing)
    const parts = { body, change: permissions, condition: unchanged(existing), timestamp: draft.timestamp }
    return settled(await put(model, scope, request.id, parts))
  })
  return observeWritten(scope, written)
}

/** The condition of storage that says the same as the request; undefined where only both headers together say it. */
function conditionOf({ ifMatch, ifNoneMatch }: Precondition): Condition | undefined {
  if (ifNoneMatch === '*') return ifMatch === undefined ? { kind: 'absent' } : undefined
  if (ifMatch === undefined) return { kind: 'none' }
  return ifMatch === '*' ? { kind: 'present' } : { kind: 'timestamp', timestamp: ifMatch }
}

/** @throws PreconditionFailed with the record, or with the collection's timestamp where there is none (R6.9) */
export async function demand(
  model: RecordModel,
  scope: Scope,
  precondition: Precondition,
  existing: StoredRecord | undefined,
): Promise<void> {
  if (!fails(precondition, existing?.timestamp)) return
  throw new PreconditionFailed(existing, existing?.timestamp ?? (await model.storage.timestamp(scope.collection)))
}

const unchanged = (existing: StoredRecord | undefined): Condition =>
  existing === undefined ? { kind: 'absent' } : { kind: 'timestamp', timestamp: existing.timestamp }

interface PutParts {
  readonly body: string
  readonly change: PermissionChange
  readonly condition: Condition
  readonly timestamp: number | undefined
}

/** A client's timestamp counts once the collection has one of its own: over HTTP the request fixes it before it is processed (R5.40, R6.1). */
async function put(model: RecordModel, scope: Scope, id: string, { body, change, condition, timestamp }: PutParts): Promise<PutOutcome> {
  if (timestamp !== undefined) await model.storage.timestamp(scope.collection)
  return writeWith(
    model,
    permissionWork(model, scope, id, change),
    (join) => model.storage.put(scope.collection, { id, body, condition, timestamp, join }),
    ({ outcome }) => (outcome === 'created' || outcome === 'replaced' ? [id] : []),
  )
}

/** Undefined says that the record has changed since it was read: look again. */
function settled(outcome: PutOutcome): Written | undefined {
  switch (outcome.outcome) {
    case 'created':
      return { kind: 'created', record: outcome.record }
    case 'replaced':
      return { kind: 'replaced', record: outcome.record, previous: outcome.previous }
    case 'refused':
      return undefined
    case 'duplicate':
      throw new FieldConflict(outcome.field, outcome.existing)
    case 'timestamp-taken':
      throw new WriteConflict()
  }
}

/** Optimistic writing: each attempt reads, decides and writes on condition that nothing has changed in between (R6.10). */
export async function untilSettled<T>(attempt: (count: number) => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
    const result = await attempt(count)
    if (result !== undefined) return result
  }
  throw new WriteConflict()
}
