import { indexKey } from '../../drivers/postgresql/index-key.ts'
import type { WorkCall } from '../../drivers/postgresql/work.ts'
import type { ObjectRef, PermissionChange } from '../contract.ts'

/** A principal as it is kept: its index key, and itself where that is another text. */
export type StoredPrincipal = readonly [key: string, whole: string | null]

/** How a principal is kept. */
export function storedPrincipal(principal: string): StoredPrincipal {
  const key = indexKey(principal)
  return [key, key === principal ? null : principal]
}

/** The call that replaces the permissions `change` names and then adds those of `add` (P3, P12). */
export function replaceCall(at: string, { parentId, uri }: ObjectRef, change: PermissionChange, add: PermissionChange): WorkCall {
  const grants = new Map([...grantsOf(change), ...grantsOf(add)])
  // Whoever writes takes the grants in the same order, so that nobody waits for somebody who waits for him.
  const ordered = [...grants].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, grant]) => grant)
  return { function: `${at}replace_permissions`, argument: { parentId, uri, names: Object.keys(change).sort(), grants: ordered } }
}

/** The call that removes the permissions of `${prefix}${id}` for each id it is given, and of all that lies below (P7). */
export const removeIdsCall = (at: string, parentId: string, prefix: string, distributed: boolean): WorkCall => ({
  function: `${at}remove_permissions`,
  argument: { parentId, prefix, distributed },
})

/**
 * The call that removes the permissions of objects, and of all that lies below (P7). Those that lie below another are left to it: else the
 * function would come back to where it was, and might wait there for somebody who waits for it.
 */
export const removeCall = (at: string, objects: readonly ObjectRef[], distributed: boolean): WorkCall => {
  const uris = new Set(objects.map(({ uri }) => uri))
  const outermost = objects.filter(({ uri }) => !liesBelowAny(uri, uris))
  return {
    function: `${at}remove_permissions`,
    argument: { objects: outermost.map(({ parentId, uri }) => [parentId, uri]), distributed },
  }
}

function liesBelowAny(uri: string, uris: ReadonlySet<string>): boolean {
  for (let slash = uri.lastIndexOf('/'); slash >= 0; slash = slash === 0 ? -1 : uri.lastIndexOf('/', slash - 1)) {
    if (uris.has(uri.slice(0, slash))) return true
  }
  return false
}

type StoredGrant = readonly [permission: string, ...StoredPrincipal]

/** The grants, each with a text that is its own. */
function grantsOf(change: PermissionChange): (readonly [text: string, grant: StoredGrant])[] {
  return Object.entries(change).flatMap(([permission, principals]) =>
    principals.map((principal): [string, StoredGrant] => [
      JSON.stringify([permission, principal]),
      [permission, ...storedPrincipal(principal)],
    ]),
  )
}
