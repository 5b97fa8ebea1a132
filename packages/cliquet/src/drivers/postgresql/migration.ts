import { ConfigurationError } from '../../errors/configuration-error.ts'
import { type MigrationStep, stepsFrom } from '../migrations.ts'
import type { PostgresSchema } from './schema.ts'
import type { PostgresSession } from './session.ts'
import { identifier } from './statement.ts'

/** Keeps processes that migrate at once in turn: any number that nobody else in the database uses. */
const LOCK = 4_736_201_523

/** Where migrations happen. */
export interface MigrationPlace {
  /** The PostgreSQL schema. */
  readonly schema: string
  /** The database, for messages. */
  readonly shown: string
}

/** The steps that the tables still need. @throws ConfigurationError when they are newer than this program */
export async function pendingSteps(
  session: PostgresSession,
  place: MigrationPlace,
  tables: PostgresSchema,
): Promise<readonly MigrationStep[]> {
  const version = await installedVersion(session, place, tables)
  if (version > tables.versions.length) {
    throw new ConfigurationError(
      `${place.shown} has version ${version} of the ${tables.name} tables in the schema "${place.schema}", ` +
        `this program knows ${tables.versions.length}: use the newer program, or another schema`,
    )
  }
  return stepsFrom(version, tables, `${identifier(place.schema)}.`)
}

/** Does the steps that are still to be done, all in one transaction. */
export async function applySteps(
  session: PostgresSession,
  place: MigrationPlace,
  tables: PostgresSchema,
): Promise<readonly MigrationStep[]> {
  return await session.atomically(
    async (transaction) => {
      await transaction.query({ text: `select pg_advisory_xact_lock(${LOCK})` })
      const steps = await pendingSteps(transaction, place, tables)
      if (steps.length === 0) return steps
      const at = `${identifier(place.schema)}.`
      // Asked first: whoever may not create schemas can still use one that is there.
      const [found] = await transaction.query({ text: 'select 1 from pg_namespace where nspname=$1', values: [place.schema] })
      if (found === undefined) await transaction.query({ text: `create schema ${identifier(place.schema)}` })
      await transaction.query({ text: `create table if not exists ${at}meta(key text primary key, value text not null)` })
      for (const { sql } of steps) await transaction.query({ text: sql })
      const write = `insert into ${at}meta(key,value) values($1,$2) on conflict(key) do update set value=excluded.value`
      await transaction.query({ text: write, values: [`${tables.name} schema`, String(tables.versions.length)] })
      return steps
    },
    { patient: true },
  )
}

async function installedVersion(session: PostgresSession, { schema }: MigrationPlace, tables: PostgresSchema): Promise<number> {
  // Read from the catalogue's tables: `to_regclass` may still say what was so before we waited for the lock.
  const text = "select 1 from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname=$1 and c.relname='meta'"
  if ((await session.query({ text, values: [schema] })).length === 0) return 0
  const meta = `${identifier(schema)}.meta`
  const [row] = await session.query({ text: `select value from ${meta} where key=$1`, values: [`${tables.name} schema`] })
  return Number(row?.[0] ?? 0)
}
