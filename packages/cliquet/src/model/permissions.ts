import type { PermissionChange } from '../permission/contract.ts'
import type { JoinedWork } from '../primitives/joined-work.ts'
import { type RecordModel, recordRef, type Scope } from './model.ts'

/** Permissions as a request's body names them; null as R10.12 and R10.13 say. */
export type PermissionInput = Readonly<Record<string, readonly string[] | null>>

/** What is stored with a new record: exactly what was given (R10.12). */
export function initialPermissions(model: RecordModel, given: PermissionInput | undefined): PermissionChange {
  return Object.fromEntries((model.permissions ?? []).map((name) => [name, given?.[name] ?? []]))
}

/** What a replacement changes: everything if it names at least one, else nothing (R10.12). */
export function replacedPermissions(model: RecordModel, given: PermissionInput | undefined): PermissionChange {
  return Object.values(given ?? {}).some((principals) => principals !== null) ? initialPermissions(model, given) : {}
}

/** The work on permissions that a write carries with it; undefined if there is none. The author is added to `write` (R10.14). */
export function permissionWork(model: RecordModel, scope: Scope, id: string, change: PermissionChange): JoinedWork | undefined {
  if (model.permissions === undefined || model.permission === undefined) return undefined
  const add: PermissionChange = model.explicitPermissions && model.permissions.includes('write') ? { write: [scope.author(id)] } : {}
  if (Object.keys(change).length === 0 && Object.keys(add).length === 0) return undefined
  return model.permission.replaceWork(recordRef(scope, id), change, add)
}

/** The work that removes the permissions of removed records, and of all below them (R10.16). */
export function removalWork(model: RecordModel, scope: Scope): JoinedWork | undefined {
  return model.permissions === undefined ? undefined : model.permission?.removeWork(scope.collection.parentId, `${scope.uri}/`)
}

/**
 * Does a write with its work on permissions: together where they live in one database (R10.17), else the work right after the write.
 * `ids` of the outcome tells which ids the write concerned; undefined if it wrote nothing.
 */
export async function writeWith<T>(
  model: RecordModel,
  work: JoinedWork | undefined,
  write: (join: readonly JoinedWork[]) => Promise<T>,
  ids: (outcome: T) => readonly string[],
): Promise<T> {
  if (work === undefined) return write([])
  if (model.storage.canJoin(work)) return write([work])
  const outcome = await write([])
  const written = ids(outcome)
  if (written.length > 0) await model.permission?.run(work, written)
  return outcome
}
