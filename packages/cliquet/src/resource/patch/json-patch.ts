import type { PermissionChange, PermissionSet } from '../../permission/contract.ts'
import type { JsonObject } from '../../primitives/json.ts'
import { createMeter, type Meter, patchFailure } from './failure.ts'
import type { Operation } from './operation.ts'
import { changedPermissions, permissionTree, permissionValue } from './permission-tree.ts'
import { addAt, isInside, type Pointer, parsePatchPointer, pointerText, removeAt, replaceAt, valueAt } from './pointer.ts'
import { copyTree, sameTree, type Tree, type TreeMap, toObject, toTree, toTreeMap } from './tree.ts'

const MAX_WORK = 10_000_000

/** A record and its permissions, as they are. */
export interface PatchTarget {
  readonly data: JsonObject
  readonly permissions: PermissionSet
}

/** What a JSON Patch makes of it: the whole record, and the permissions that are not as before. */
export interface PatchResult {
  readonly data: JsonObject
  readonly permissions: PermissionChange
}

/** The document while it is changed. */
interface Work {
  readonly root: TreeMap
  readonly declared: readonly string[]
  readonly meter: Meter
}

/**
 * Applies operations in order to `{data, permissions: {permission: {principal: principal}}}` (R5.26, R5.27). The target is left as it is.
 * `declared`: the permissions of the resource; none if it keeps none.
 * @throws InvalidParameters at the first operation that fails
 */
export function applyOperations(target: PatchTarget, operations: readonly Operation[], declared: readonly string[]): PatchResult {
  const permissions = permissionTree(target.permissions, declared)
  const root: TreeMap = new Map<string, Tree>([
    ['data', toTreeMap(target.data, 1)],
    ['permissions', permissions],
  ])
  const work: Work = { root, declared, meter: createMeter(MAX_WORK) }
  for (const operation of operations) apply(work, operation)
  return { data: toObject(objectAt(root, 'data')), permissions: changedPermissions(target.permissions, objectAt(root, 'permissions')) }
}

function apply(work: Work, operation: Operation): void {
  const pointer = place(work, operation.path)
  switch (operation.op) {
    case 'test':
      test(work, pointer, operation)
      break
    case 'add':
      addAt(work.root, pointer, given(work, pointer, operation), work.meter)
      break
    case 'replace':
      replaceAt(work.root, pointer, given(work, pointer, operation))
      break
    case 'remove':
      remove(work, pointer)
      break
    case 'move':
      move(work, source(work, operation), pointer)
      break
    case 'copy':
      copy(work, source(work, operation), pointer)
  }
}

function place({ declared }: Work, text: string): Pointer {
  const pointer = parsePatchPointer(text)
  const [area, permission] = pointer
  if (area === 'permissions' && permission !== undefined && !declared.includes(permission)) {
    throw patchFailure(`'${permission}' is not one of ${declared.join(', ')}`)
  }
  return pointer
}

function source(work: Work, { op, from }: Operation): Pointer {
  if (from === undefined) throw patchFailure(`${op} needs 'from'`)
  return place(work, from)
}

/** The value of the operation, fit for that place; a principal needs none (R5.27). */
function given(work: Work, pointer: Pointer, { op, value }: Operation): Tree {
  if (value === undefined && !isPrincipal(pointer)) throw patchFailure(`${op} needs 'value'`)
  return fitting(work, pointer, value === undefined ? null : toTree(value, pointer.length))
}

function fitting({ declared }: Work, pointer: Pointer, value: Tree): Tree {
  if (pointer[0] === 'permissions') return permissionValue(pointer, value, declared)
  if (pointer.length === 1 && !(value instanceof Map)) throw patchFailure(`'/data' must be an object`)
  return value
}

function test(work: Work, pointer: Pointer, operation: Operation): void {
  const isValueOfPrincipal = isPrincipal(pointer) && operation.value !== undefined
  const expected = isValueOfPrincipal ? toTree(operation.value ?? null, pointer.length) : given(work, pointer, operation)
  if (!sameTree(expected, valueAt(work.root, pointer), work.meter)) throw patchFailure(`'${pointerText(pointer)}' is not as tested`)
}

function remove(work: Work, pointer: Pointer): void {
  if (pointer.length === 1) throw patchFailure(`'${pointerText(pointer)}' can't be removed`)
  if (pointer[0] === 'permissions' && pointer.length === 2) replaceAt(work.root, pointer, new Map())
  else removeAt(work.root, pointer, work.meter)
}

function move(work: Work, from: Pointer, to: Pointer): void {
  if (isInside(to, from)) throw patchFailure(`'${pointerText(from)}' can't be moved into itself`)
  const value = copyTree(valueAt(work.root, from), to.length, work.meter)
  remove(work, from)
  addAt(work.root, to, fitting(work, to, value), work.meter)
}

function copy(work: Work, from: Pointer, to: Pointer): void {
  const value = copyTree(valueAt(work.root, from), to.length, work.meter)
  addAt(work.root, to, fitting(work, to, value), work.meter)
}

const isPrincipal = (pointer: Pointer): boolean => pointer[0] === 'permissions' && pointer.length === 3

function objectAt(root: TreeMap, key: 'data' | 'permissions'): TreeMap {
  const value = root.get(key)
  if (value instanceof Map) return value
  throw patchFailure(`'/${key}' must be an object`)
}
