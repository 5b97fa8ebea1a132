import type { SqliteConnection } from './connection.ts'
import { isBusy, isFatal, sqliteCode } from './failure.ts'
import type { Answer } from './messages.ts'

/**
 * Runs the work in one transaction and commits it, with one wait for the disk. Optimistic: only when something throws is the group repeated
 * with a savepoint around each, so that one failure undoes no neighbour.
 * @throws what concerns all of them: the file is locked, the disk is full, the file is damaged. Nothing is then written.
 */
export function commitTogether(connection: SqliteConnection, group: readonly (() => unknown)[]): Answer[] {
  try {
    return transaction(connection, () => group.map((work) => ({ output: work() })))
  } catch (error) {
    if (isBusy(error) || isFatal(error)) throw error
    if (group.length === 1) return [failed(error)]
  }
  return transaction(connection, () => group.map((work) => separately(connection, work)))
}

function transaction(connection: SqliteConnection, work: () => Answer[]): Answer[] {
  connection.run('begin immediate')
  try {
    const answers = work()
    connection.run('commit')
    return answers
  } catch (error) {
    if (connection.inTransaction) connection.run('rollback')
    throw error
  }
}

function separately(connection: SqliteConnection, work: () => unknown): Answer {
  try {
    return { output: connection.savepoint(work) }
  } catch (error) {
    if (!connection.inTransaction || isFatal(error)) throw error
    return failed(error)
  }
}

/** The answer of a call that threw. */
export const failed = (error: unknown): Answer => ({ error, code: sqliteCode(error) })
