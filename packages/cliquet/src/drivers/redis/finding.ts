import type { RedisDatabase } from './database.ts'

/**
 * A set that tells where to look for something that is kept under keys of other owners, on a cluster perhaps on another server: the two can't
 * be written in one step. The set may have members that lead to nothing, after a crash for instance; what is there is always in the set.
 */
export interface Finding {
  readonly key: string
  readonly member: string
}

/** Writes something that must be found: the set has the member before, and again after, as a `forgotten` may have come between. */
export async function findable<T>(database: RedisDatabase, findings: readonly Finding[], write: () => Promise<T>): Promise<T> {
  await announce(database, findings)
  const result = await write()
  await announce(database, findings)
  return result
}

/** Takes a member out whose thing is gone. `remains` looks again, as it may just have come back: then the member does so, too. */
export async function forgotten(database: RedisDatabase, { key, member }: Finding, remains: () => Promise<boolean>): Promise<void> {
  await database.call('srem', [key, member])
  if (await remains()) await announce(database, [{ key, member }])
}

async function announce(database: RedisDatabase, findings: readonly Finding[]): Promise<void> {
  await Promise.all(findings.map(({ key, member }) => database.call('sadd', [key, member])))
}
