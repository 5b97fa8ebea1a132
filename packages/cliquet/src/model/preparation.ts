import { isDeepStrictEqual } from 'node:util'
import { type Fault, InvalidParameters, invalid } from '../errors/invalid-parameters.ts'
import { type Json, type JsonObject, parseObject, storedText } from '../primitives/json.ts'
import { findForbiddenText } from '../schema/storable.ts'
import type { StoredRecord } from '../storage/record.ts'
import { type RecordModel, type Scope, toLiveRecord } from './model.ts'

/** Fields of the outside form of a record that are no fields of its own: never stored in its body (R5.36). */
const OUTER_FIELDS = new Set(['id', 'last_modified', 'deleted'])

/** The record's own fields. */
export function ownFields(data: JsonObject): JsonObject {
  for (const key in data) {
    if (OUTER_FIELDS.has(key)) return Object.fromEntries(Object.entries(data).filter(([name]) => !OUTER_FIELDS.has(name)))
  }
  return data
}

/** The timestamp that a client chose for a record: what is no integer ≥ 0 is ignored, one beyond 2^53 − 1 is a fault (R5.38). */
export function chosenTimestamp(data: JsonObject): number | Fault | undefined {
  const value = Object.hasOwn(data, 'last_modified') ? data.last_modified : undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined
  if (Number.isSafeInteger(value)) return value
  return { location: 'body', name: 'data.last_modified', description: `${value} is greater than maximum value ${Number.MAX_SAFE_INTEGER}` }
}

/** A record's fields on their way to storage. */
export interface Draft {
  readonly id: string
  /** Validated, defaults filled in. */
  readonly fields: JsonObject
  /** Chosen by the client (R5.38). */
  readonly timestamp: number | undefined
  /** The id in the body, of any kind. It must be the record's (R5.13). */
  readonly claimedId: Json | undefined
}

/**
 * Validates what a client sent for a record, or made of it by a patch: no text that a backend would refuse, then the schema (R5.32–R5.36).
 * A read-only field that the client leaves out keeps its stored value (R5.35).
 * @returns the draft, or all faults named under `data.`; after a patch the first one under its bare name (R5.21)
 */
export function validateDraft(
  model: RecordModel,
  id: string,
  data: JsonObject,
  { existing, patched }: DraftOptions,
): Draft | { readonly faults: readonly Fault[] } {
  const forbidden = findForbiddenText(data)
  if (forbidden !== undefined) return { faults: [forbidden] }
  const timestamp = chosenTimestamp(data)
  if (typeof timestamp === 'object') return { faults: [timestamp] }
  const complete = withReadonlyFields(model, ownFields(data), existing)
  const checked = model.schema.validate(complete, patched ? '' : 'data.')
  if (checked.faults !== undefined) return { faults: checked.faults }
  return { id, fields: checked.fields, timestamp, claimedId: Object.hasOwn(data, 'id') ? data.id : undefined }
}

/** What a draft is validated against. */
export interface DraftOptions {
  readonly existing: StoredRecord | undefined
  /** `null` is a value then, not an absent field (R5.23, R5.33). */
  readonly patched: boolean
}

/**
 * From a valid draft to the text that is stored: read-only fields must be as they were, and the author's hook has the last word (R5.35, R5.37).
 * @throws InvalidParameters
 */
export async function finishDraft(model: RecordModel, scope: Scope, draft: Draft, existing: StoredRecord | undefined): Promise<string> {
  if (draft.claimedId !== undefined && draft.claimedId !== draft.id) throw invalid('body', 'id', 'Object id does not match existing object')
  if (!needsPrevious(model)) return storedText(draft.fields)
  const previous = existing === undefined ? undefined : toLiveRecord(existing)
  if (previous !== undefined) refuseModified(model.readonlyFields, draft.fields, previous)
  if (model.processRecord === undefined) return storedText(draft.fields)
  const processed = ownFields(await model.processRecord({ ...draft.fields, id: draft.id }, { previous, request: scope.request }))
  const forbidden = findForbiddenText(processed)
  if (forbidden !== undefined) throw new InvalidParameters([forbidden])
  return storedText(processed)
}

/** Whether a write must know the record that it replaces. */
export const needsPrevious = (model: RecordModel): boolean => model.processRecord !== undefined || model.readonlyFields.length > 0

function withReadonlyFields(model: RecordModel, data: JsonObject, existing: StoredRecord | undefined): JsonObject {
  if (existing === undefined || model.readonlyFields.length === 0) return data
  const previous = parseObject(existing.body)
  const kept = model.readonlyFields.flatMap((field): [string, Json][] => {
    const stored = fieldValue(previous, field)
    return stored === undefined || fieldValue(data, field) !== undefined ? [] : [[field, stored]]
  })
  return kept.length === 0 ? data : { ...data, ...Object.fromEntries(kept) }
}

function refuseModified(fields: readonly string[], next: JsonObject, previous: JsonObject): void {
  for (const field of fields) {
    const stored = fieldValue(previous, field)
    if (stored !== undefined && !isDeepStrictEqual(fieldValue(next, field), stored)) throw invalid('body', field, `Cannot modify ${field}`)
  }
}

/** The value of a field; null counts as absent. */
const fieldValue = (object: JsonObject, field: string): Json | undefined =>
  Object.hasOwn(object, field) ? (object[field] ?? undefined) : undefined
