import type { TestContext } from 'node:test'
import type { PoolOptions } from '../../../src/drivers/backend-options.ts'
import { PostgresDatabase } from '../../../src/drivers/postgresql/database.ts'
import { parsePostgresUrl } from '../../../src/drivers/postgresql/location.ts'
import type { PostgresSession } from '../../../src/drivers/postgresql/session.ts'

/** Opens a database, which is closed after the test. */
export function openDatabase(t: TestContext, url: string, pool?: PoolOptions): PostgresDatabase {
  const database = new PostgresDatabase(parsePostgresUrl(url), pool)
  t.after(() => database.close())
  return database
}

/** The first value of a statement's first row. */
export async function firstValue(session: PostgresSession, text: string): Promise<string | null | undefined> {
  return (await session.query({ text }))[0]?.[0]
}

/** Which of the server's processes answers. */
export const processOf = async (session: PostgresSession): Promise<number> => Number(await firstValue(session, 'select pg_backend_pid()'))
