import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresDatabase } from '../../drivers/postgresql/database.ts'
import { isDistributed } from '../../drivers/postgresql/distribution.ts'
import { violatedUniqueness } from '../../drivers/postgresql/failure.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { ResourceDeclaration } from '../contract.ts'
import type { IndexMigrations, IndexStep } from '../index-migrations.ts'
import { assertUnique, dropIndex, type Statements } from './field-indexes.ts'
import { gatherStatistics, type IndexChange, indexChanges, makeChange } from './index-changes.ts'

/** Keeps processes that make indexes at once in turn: any number that nobody else in the database uses. */
const LOCK = 4_736_201_524

/** How long who waits for the others pauses, ms. Inside a statement nobody may wait: who makes an index waits for all statements to end. */
const PAUSE = 200

/** Makes the indexes that the resources declare, and drops those of theirs that are declared no more (S26). Writers wait meanwhile. */
export async function makeIndexes(database: PostgresDatabase, resources: readonly ResourceDeclaration[]): Promise<void> {
  const plan = (session: Statements) => indexChanges(session, database, resources, { concurrently: false })
  if ((await plan(database)).length === 0) return
  const attempt = (): Promise<boolean> =>
    database.atomically(
      async (transaction) => {
        if (!(await isFirst(transaction, 'pg_try_advisory_xact_lock'))) return false
        const changes = await plan(transaction)
        for (const change of changes) await makeChange(transaction, database, change)
        await gatherStatistics(transaction, database, changes)
        return true
      },
      { patient: true },
    )
  while (!(await attempt())) await sleep(PAUSE)
}

/** The same, beside the writers. Where the tables are distributed they wait. */
export function indexMigrations(database: PostgresDatabase, resources: readonly ResourceDeclaration[]): IndexMigrations {
  const plan = async (): Promise<readonly IndexChange[]> =>
    indexChanges(database, database, resources, { concurrently: !(await isDistributed(database, database)) })
  return {
    pending: async () => (await plan()).map(stepOf),
    async apply(tell) {
      const changes = await plan()
      if (changes.length === 0) return
      if (!(await isDistributed(database, database)))
        return await database.apart((session) => makeBeside(session, database, resources, tell))
      await makeIndexes(database, resources)
      for (const change of changes) tell(stepOf(change))
    },
  }
}

async function makeBeside(
  session: Statements,
  database: PostgresDatabase,
  resources: readonly ResourceDeclaration[],
  tell: (step: IndexStep) => void,
): Promise<void> {
  while (!(await isFirst(session, 'pg_try_advisory_lock'))) await sleep(PAUSE)
  try {
    const changes = await indexChanges(session, database, resources, { concurrently: true })
    for (const change of changes) {
      await makeOrClear(session, database, change)
      tell(stepOf(change))
    }
    await gatherStatistics(session, database, changes)
  } finally {
    // A connection that is lost has given it back.
    await session.query({ text: `select pg_advisory_unlock(${LOCK})` }).catch(() => {})
  }
}

/** An index whose making fails is left there, and burdens every write. */
async function makeOrClear(session: Statements, database: PostgresDatabase, change: IndexChange): Promise<void> {
  try {
    await makeChange(session, database, change)
  } catch (error) {
    const { makes } = change
    if (makes === undefined || !(error instanceof BackendError)) throw error
    await session.query({ text: dropIndex(database.at, makes.name, { concurrently: true }) }).catch(() => {})
    // Written meanwhile.
    if (violatedUniqueness(error) !== undefined) await assertUnique(session, database, makes)
    throw error
  }
}

async function isFirst(session: Statements, lock: string): Promise<boolean> {
  const [row] = await session.query({ text: `select ${lock}(${LOCK})` })
  return row?.[0] === 't'
}

const stepOf = ({ title, statements }: IndexChange): IndexStep => ({
  title,
  sql: statements.map((statement) => `${statement};`).join('\n'),
})
