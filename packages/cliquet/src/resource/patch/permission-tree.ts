import type { PermissionChange, PermissionSet } from '../../permission/contract.ts'
import { patchFailure } from './failure.ts'
import { type Pointer, pointerText } from './pointer.ts'
import type { Tree, TreeMap } from './tree.ts'

/** The permissions as a JSON Patch sees them: `{permission: {principal: principal}}` with every declared permission (R5.27). */
export const permissionTree = (permissions: PermissionSet, declared: readonly string[]): TreeMap =>
  new Map(declared.map((permission) => [permission, principalMap(principalsIn(permissions, permission))]))

/**
 * The value to keep at a place in the permissions: at a principal that principal, whatever the value; at a permission the principals that are the keys of
 * an object or the items of a list; at the root those of every declared permission.
 * @throws InvalidParameters for any other value
 */
export function permissionValue(pointer: Pointer, value: Tree, declared: readonly string[]): Tree {
  const [, permission, principal] = pointer
  if (principal !== undefined) {
    if (principal === '') throw patchFailure(`'${pointerText(pointer)}' names no principal`)
    return principal
  }
  if (permission !== undefined) return principalMap(principalsOf(value, pointer))
  if (!(value instanceof Map)) throw patchFailure(`'/permissions' must be an object`)
  const unknown = [...value.keys()].find((name) => !declared.includes(name))
  if (unknown !== undefined) throw patchFailure(`'${unknown}' is not one of ${declared.join(', ')}`)
  return new Map(declared.map((name) => [name, principalMap(principalsOf(value.get(name) ?? [], ['permissions', name]))]))
}

/** The permissions whose principals are not those of before, each with its whole sorted list. */
export function changedPermissions(before: PermissionSet, tree: TreeMap): PermissionChange {
  const change: [string, readonly string[]][] = []
  for (const [permission, value] of tree) {
    const principals = principalsOf(value, ['permissions', permission])
    const previous = new Set(principalsIn(before, permission))
    if (principals.length === previous.size && principals.every((principal) => previous.has(principal))) continue
    change.push([permission, principals.toSorted()])
  }
  return Object.fromEntries(change)
}

function principalsOf(value: Tree, pointer: Pointer): readonly string[] {
  if (value instanceof Map) return [...value.keys()]
  const items = Array.isArray(value) ? value : [value]
  const principals = items.filter((item) => typeof item === 'string')
  if (!Array.isArray(value) || principals.length < items.length) throw patchFailure(`'${pointerText(pointer)}' must have principals`)
  return [...new Set(principals)]
}

const principalMap = (principals: readonly string[]): TreeMap => new Map(principals.map((principal) => [principal, principal]))

const principalsIn = (permissions: PermissionSet, name: string): readonly string[] =>
  Object.hasOwn(permissions, name) ? (permissions[name] ?? []) : []
