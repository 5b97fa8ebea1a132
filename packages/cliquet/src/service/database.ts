import type { FastifyRequest } from 'fastify'
import type { SqlDatabase, SqlSession } from '../drivers/sql-database.ts'
import { unitOf } from '../http/unit-of-work.ts'

/** The SQL database of the storage, for tables of one's own. */
export interface ServiceDatabase extends SqlSession, Pick<SqlDatabase, 'engine' | 'at' | 'migrate'> {
  /**
   * For work on behalf of a request: its transaction if it is in one, as in a batch and before the commit of what subscribers are told of, else
   * the database. Who writes inside a transaction in another way waits for its end, which waits for them.
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
      const transaction = unitOf(request)?.sessions?.transaction
      return (transaction && within(transaction)) ?? outside
    },
  }
}
