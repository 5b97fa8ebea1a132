import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { type Finding, findable, forgotten } from '../../drivers/redis/finding.ts'
import { repliedTexts } from '../../drivers/redis/reply.ts'
import { userKeys } from './grant-keys.ts'

/** The principals that users have: a set for each user, and one for each principal that tells which users to look at (`findable`). */
export async function principalsOf(database: RedisDatabase, userId: string): Promise<readonly string[]> {
  return repliedTexts(await database.call('smembers', [userKeys.principalsOf(database, userId)]))
}

/** Gives a user a principal. */
export async function givePrincipal(database: RedisDatabase, userId: string, principal: string): Promise<void> {
  await findable(database, [userFinding(database, userId, principal)], () =>
    database.call('sadd', [userKeys.principalsOf(database, userId), principal]),
  )
}

/** Takes a principal from a user. */
export async function takePrincipal(database: RedisDatabase, userId: string, principal: string): Promise<void> {
  const key = userKeys.principalsOf(database, userId)
  await database.call('srem', [key, principal])
  await forgotten(
    database,
    userFinding(database, userId, principal),
    async () => (await database.call('sismember', [key, principal])) === 1,
  )
}

/** Takes a principal from every user (P2). */
export async function takeFromAll(database: RedisDatabase, principal: string): Promise<void> {
  const users = repliedTexts(await database.call('smembers', [userKeys.usersOf(database, principal)]))
  await Promise.all(users.map((userId) => takePrincipal(database, userId, principal)))
}

const userFinding = (database: RedisDatabase, userId: string, principal: string): Finding => ({
  key: userKeys.usersOf(database, principal),
  member: userId,
})
