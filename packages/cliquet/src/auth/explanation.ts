import type { Grant, PermissionSession, PermissionSet } from '../permission/contract.ts'

/** A list in the settings (R10.3). */
export interface SettingRule {
  /** `{resource}_{permission}_principals`, as it is kept. */
  readonly name: string
  /** None if it is not set. */
  readonly principals: readonly string[]
}

/** Everything that can permit one thing, in the order of looking: any of it suffices. */
export interface Rules {
  readonly settings: readonly SettingRule[]
  readonly grants: readonly Grant[]
}

/** One thing that was looked at, and what it says. `matches` are those of its principals that the caller has: with one it permits. */
export type Checked =
  | (SettingRule & { readonly kind: 'setting'; readonly matches: readonly string[] })
  | (Grant & { readonly kind: 'grant'; readonly principals: readonly string[]; readonly matches: readonly string[] })
  /** The records of a list that the caller may see or delete, though not the whole of it (R10.8). */
  | (Grant & { readonly kind: 'records'; readonly ids: readonly string[] })
  /** The application's own decision (R10.1). */
  | (Grant & { readonly kind: 'decision'; readonly permits: boolean })
  /** A list of each user's own, which everybody has who is logged in (R10.1). */
  | { readonly kind: 'isolation'; readonly permits: boolean }

/** What has decided; `nobody`: nothing permits it. */
export type DecidedBy = 'settings' | 'permissions' | 'decision' | 'isolation' | 'nobody'

/** Why something is permitted, or why not. */
export interface Explanation {
  readonly permitted: boolean
  readonly decidedBy: DecidedBy
  /** All that can permit it, also what comes behind the first match. */
  readonly checked: readonly Checked[]
}

/** Those of a rule's principals that the caller has. */
export const matching = (rule: readonly string[], caller: readonly string[]): readonly string[] =>
  rule.filter((principal) => caller.includes(principal))

/** What each of the rules says about these principals. */
export async function explainRules(
  { settings, grants }: Rules,
  caller: readonly string[],
  permission: PermissionSession | undefined,
): Promise<Explanation> {
  const stored = await storedPermissions(grants, permission)
  const bySettings = settings.map((rule) => ({ kind: 'setting' as const, ...rule, matches: matching(rule.principals, caller) }))
  const byGrants = grants.map((grant, index) => {
    const principals = stored[index]?.[grant.permission] ?? []
    return { kind: 'grant' as const, ...grant, principals, matches: matching(principals, caller) }
  })
  const isMatch = ({ matches }: { readonly matches: readonly string[] }): boolean => matches.length > 0
  const decidedBy = bySettings.some(isMatch) ? 'settings' : byGrants.some(isMatch) ? 'permissions' : 'nobody'
  return { permitted: decidedBy !== 'nobody', decidedBy, checked: [...bySettings, ...byGrants] }
}

/** The permissions of each grant's object; of each object they are asked for once. */
function storedPermissions(grants: readonly Grant[], permission: PermissionSession | undefined): Promise<readonly PermissionSet[]> {
  const asked = new Map<string, Promise<PermissionSet>>()
  const permissionsOf = ({ parentId, uri }: Grant): Promise<PermissionSet> => {
    const key = JSON.stringify([parentId, uri])
    const known = asked.get(key) ?? permission?.permissionsOf({ parentId, uri }) ?? Promise.resolve({})
    asked.set(key, known)
    return known
  }
  return Promise.all(grants.map(permissionsOf))
}
