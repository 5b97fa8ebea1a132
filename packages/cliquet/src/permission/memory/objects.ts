import type { Grant, ObjectRef, PermissionChange, PermissionSet } from '../contract.ts'

type Permissions = Map<string, Set<string>>

/** The permissions of all objects. Nothing is kept of objects and permissions without principals. */
export interface Objects {
  holds(object: ObjectRef, permission: string, principals: readonly string[]): boolean
  permissionsOf(object: ObjectRef): PermissionSet
  /** Ids of the direct children. Costs O(objects of that parent). */
  accessible(parent: ObjectRef, permissions: readonly string[], principals: readonly string[]): readonly string[]
  replace(object: ObjectRef, change: PermissionChange): void
  add(object: ObjectRef, change: PermissionChange): void
  /** Removes the objects, and what lies below them under any parent. Costs O(all objects). */
  remove(objects: readonly ObjectRef[]): void
  /** Each grant to a principal. */
  all(): readonly (Grant & { readonly principal: string })[]
  clear(): void
}

/** Whether any of the URIs is an ancestor of this one: found by cutting the URI at its slashes. */
function liesBelow(uri: string, roots: ReadonlySet<string>): boolean {
  for (let slash = uri.lastIndexOf('/'); slash > 0; slash = uri.lastIndexOf('/', slash - 1)) {
    if (roots.has(uri.slice(0, slash))) return true
  }
  return false
}

/** Makes an empty set. */
export function createObjects(): Objects {
  const parents = new Map<string, Map<string, Permissions>>()

  const find = ({ parentId, uri }: ObjectRef): Permissions | undefined => parents.get(parentId)?.get(uri)

  function forget({ parentId, uri }: ObjectRef): void {
    const objects = parents.get(parentId)
    objects?.delete(uri)
    if (objects?.size === 0) parents.delete(parentId)
  }

  function set(object: ObjectRef, permission: string, principals: ReadonlySet<string>): void {
    const objects = parents.get(object.parentId) ?? new Map<string, Permissions>()
    const permissions = objects.get(object.uri) ?? new Map<string, Set<string>>()
    parents.set(object.parentId, objects.set(object.uri, permissions))
    if (principals.size > 0) permissions.set(permission, new Set(principals))
    else permissions.delete(permission)
    if (permissions.size === 0) forget(object)
  }

  const named = (permissions: Permissions | undefined, permission: string, principals: readonly string[]): boolean => {
    const having = permissions?.get(permission)
    return having !== undefined && principals.some((principal) => having.has(principal))
  }

  function accessible({ parentId, uri }: ObjectRef, names: readonly string[], principals: readonly string[]): readonly string[] {
    const ids: string[] = []
    for (const [child, permissions] of parents.get(parentId) ?? []) {
      const isDirect = child.lastIndexOf('/') === uri.length && child.startsWith(uri)
      if (isDirect && names.some((name) => named(permissions, name, principals))) ids.push(child.slice(uri.length + 1))
    }
    return ids
  }

  function remove(objects: readonly ObjectRef[]): void {
    if (objects.length === 0) return
    for (const object of objects) forget(object)
    const roots = new Set(objects.map(({ uri }) => uri))
    for (const [parentId, children] of parents) {
      for (const uri of children.keys()) if (liesBelow(uri, roots)) forget({ parentId, uri })
    }
  }

  return {
    holds: (object, permission, principals) => named(find(object), permission, principals),
    permissionsOf: (object) =>
      Object.fromEntries(
        [...(find(object) ?? [])]
          .map(([permission, principals]): [string, readonly string[]] => [permission, [...principals].sort()])
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      ),
    accessible,
    replace: (object, change) => {
      for (const [permission, principals] of Object.entries(change)) set(object, permission, new Set(principals))
    },
    add: (object, change) => {
      for (const [permission, principals] of Object.entries(change)) {
        set(object, permission, new Set([...(find(object)?.get(permission) ?? []), ...principals]))
      }
    },
    remove,
    all: () =>
      [...parents].flatMap(([parentId, objects]) =>
        [...objects].flatMap(([uri, permissions]) =>
          [...permissions].flatMap(([permission, principals]) =>
            [...principals].map((principal) => ({ parentId, uri, permission, principal })),
          ),
        ),
      ),
    clear: () => parents.clear(),
  }
}
