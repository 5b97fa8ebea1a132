import type { PermissionChange } from '../../permission/contract.ts'

/** The `permissions` of a body that was validated: known names, lists of principals (R10.15). */
export type NamedPermissions = Readonly<Record<string, readonly string[] | null>>

/**
 * What a PATCH of the permissions changes (R10.13): each named permission is replaced by its list without duplicates, others stay. `null` is ignored,
 * in a merge patch it empties.
 */
export function changePermissions(named: NamedPermissions, format: 'json' | 'merge-patch'): PermissionChange {
  const change: [string, readonly string[]][] = []
  for (const [permission, principals] of Object.entries(named)) {
    if (principals !== null) change.push([permission, [...new Set(principals)]])
    else if (format === 'merge-patch') change.push([permission, []])
  }
  return Object.fromEntries(change)
}
