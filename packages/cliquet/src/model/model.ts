import type { Action, EventRecord, Impacted } from '../events/contract.ts'
import type { ObjectRef, PermissionSession } from '../permission/contract.ts'
import type { JsonObject } from '../primitives/json.ts'
import { parseObject } from '../primitives/json.ts'
import type { RecordSchema } from '../schema/record-schema.ts'
import type { Collection, StorageSession } from '../storage/contract.ts'
import type { StoredRecord } from '../storage/record.ts'
import type { IdGenerator } from './ids.ts'

/** A record as authors see it: its fields with `id` and `last_modified` (ms; absent on a record not yet stored). */
export interface LiveRecord extends JsonObject {
  readonly id: string
}

/** The author's last word on a record before it is stored (R5.37). Throws to refuse it. */
export type RecordHook = (next: LiveRecord, context: HookContext) => JsonObject | Promise<JsonObject>

/** What a hook is given beside the record. */
export interface HookContext {
  readonly previous: LiveRecord | undefined
  /** The request, if there is one. */
  readonly request: unknown
}

/** What records of a resource are, without HTTP. */
export interface RecordModel {
  readonly name: string
  readonly schema: RecordSchema
  /** Names of the permissions that its records have; undefined if they have none (R10.1). */
  readonly permissions: readonly string[] | undefined
  /** Settable at creation or while absent only (R5.35). */
  readonly readonlyFields: readonly string[]
  readonly ids: IdGenerator
  readonly processRecord: RecordHook | undefined
  readonly storage: StorageSession
  readonly permission: PermissionSession | undefined
  /** Whether who writes a record gets `write` on it (R10.14). */
  readonly explicitPermissions: boolean
}

/** Is told what was done to records, once it is done. `impacted` is called only if somebody wants to know. */
export type Observer = <A extends Action>(action: A, timestamp: number, impacted: () => readonly Impacted[A][]) => void

/** Where a request works, and for whom. */
export interface Scope {
  readonly collection: Collection
  /** URI of the collection without version prefix, such as `/articles` (R10.2). */
  readonly uri: string
  /** The principal that gets `write` on the record of that id: the caller's user id or `system.Everyone`, or another that the resource names (R10.14, R10.18). */
  author(id: string): string
  /** Handed to hooks. */
  readonly request: unknown
  /** Absent where nobody wants to know. */
  readonly observe?: Observer | undefined
}

/** The collection as an object of permissions. */
export const collectionRef = ({ collection, uri }: Scope): ObjectRef => ({ parentId: collection.parentId, uri })

/** A record as an object of permissions. */
export const recordRef = ({ collection, uri }: Scope, id: string): ObjectRef => ({ parentId: collection.parentId, uri: `${uri}/${id}` })

/** A stored record as authors see it. */
export function toLiveRecord(record: StoredRecord): EventRecord {
  return { id: record.id, last_modified: record.timestamp, ...parseObject(record.body) }
}
