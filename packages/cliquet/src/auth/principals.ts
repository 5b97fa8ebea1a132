/** Everybody, logged in or not (R4.4). */
export const EVERYONE = 'system.Everyone'

/** Everybody who is logged in. */
export const AUTHENTICATED = 'system.Authenticated'

/** Where groups are recorded: the permission backend. */
export interface GroupSource {
  principalsOf(userId: string): Promise<readonly string[]>
}

const anonymous: readonly string[] = [EVERYONE]

/** All principals of a user: the id first, then its groups, those of every logged-in user, and the two of the system (R4.4). */
export async function findPrincipals(userId: string | undefined, groups: GroupSource | undefined): Promise<readonly string[]> {
  if (userId === undefined) return anonymous
  if (groups === undefined) return [userId, EVERYONE, AUTHENTICATED]
  const [own, common] = await Promise.all([groups.principalsOf(userId), groups.principalsOf(AUTHENTICATED)])
  return [...new Set([userId, ...own, ...common, EVERYONE, AUTHENTICATED])]
}

/** The principals of a user with those that the policy tells of, which come behind the id (R4.8). */
export function withPrincipals(principals: readonly string[], told: readonly string[] | undefined): readonly string[] {
  if (told === undefined || told.length === 0) return principals
  const [userId = EVERYONE, ...others] = principals
  return [...new Set([userId, ...told, ...others])]
}
