import type { FastifyRequest } from 'fastify'
import type { SqlDatabase, SqlSession } from '../drivers/sql-database.ts'
import { subrequestOf } from '../http/subrequest.ts'

/** The SQL database of the storage, for tables of one's own. */
export interface ServiceDatabase extends SqlSession, Pick<SqlDatabase, 'engine' | 'at' | 'migrate'> {
  /**
   * For work on behalf of a request: inside a batch its transaction, else the database. Who writes inside a batch in another way waits for
   * the end of the batch, which waits for them.
   */
  of(request: FastifyRequest): SqlSession
}

/** As a service's requests see it. */
export function serviceDatabase({ engine, at, read, write, within, migrate }: SqlDatabase): ServiceDatabase {
  const outside: SqlSession = { read, write }
  return {
    engine,
    at,
    migrate,
    ...outside,
    of(request) {
      const transaction = subrequestOf(request)?.batch.sessions?.transaction
      return (transaction && within(transaction)) ?? outside
    },
  }
}
