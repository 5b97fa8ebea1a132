import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Distribution } from '../migrations.ts'
import type { MigrationPlace } from './migration.ts'
import type { PostgresSchema } from './schema.ts'
import type { PostgresSession } from './session.ts'
import { identifier } from './statement.ts'

/** Shards per group of tables: enough for eight nodes, and it can't be changed without rewriting. */
const SHARDS = 32

/** Whether the database is one of Citus, so that tables can be distributed. */
export async function hasCitus(session: PostgresSession): Promise<boolean> {
  return (await session.query({ text: "select 1 from pg_extension where extname='citus'" })).length > 0
}

/** Whether the tables of our schema are distributed. */
export async function isDistributed(session: PostgresSession, { schema }: MigrationPlace): Promise<boolean> {
  if (!(await hasCitus(session))) return false
  const text = "select 1 from citus_tables where citus_table_type='distributed' and table_name::text like $1 limit 1"
  return (await session.query({ text, values: [`${schema.replace(/[\\%_]/g, '\\$&')}.%`] })).length > 0
}

/**
 * Spreads a backend's tables over the nodes, in one transaction; what is spread already stays as it is. Writers wait meanwhile.
 * @throws ConfigurationError where that can't be done, saying what to do first
 */
export async function distribute(session: PostgresSession, place: MigrationPlace, tables: PostgresSchema): Promise<string[]> {
  await assertReady(session, place)
  const at = `${identifier(place.schema)}.`
  const spread = await session.atomically(
    async (transaction) => {
      await transaction.query({ text: "set local citus.multi_shard_modify_mode to 'sequential'" })
      const kinds = await tableKinds(transaction)
      const done: string[] = []
      if (!kinds.has(`${place.schema}.meta`)) {
        await transaction.query({ text: 'select create_reference_table($1)', values: [`${at}meta`] })
        done.push('meta')
      }
      for (const distribution of tables.distributions) {
        if (kinds.has(`${place.schema}.${distribution.table}`)) continue
        await spreadTable(
          transaction,
          at,
          distribution,
          kinds.has(`${place.schema}.${distribution.with}`) || done.includes(distribution.with ?? ''),
        )
        done.push(distribution.table)
      }
      for (const { signature, delegated } of tables.functions ?? []) {
        const text = `select create_distributed_function($1::regprocedure${delegated ? ',$2,colocate_with:=$3' : ''})`
        const where = delegated ? [delegated.argument, at + delegated.with] : []
        await transaction.query({ text, values: [at + signature, ...where] })
      }
      return done
    },
    { patient: true },
  )
  for (const table of spread.filter((name) => name !== 'meta')) {
    await session.query({ text: 'select truncate_local_data_after_distributing_table($1::regclass)', values: [at + table] })
    await session.query({ text: `analyze ${at}${table}` })
  }
  return spread
}

async function assertReady(session: PostgresSession, { shown }: MigrationPlace): Promise<void> {
  if (!(await hasCitus(session))) {
    throw new ConfigurationError(`${shown} can't distribute tables: run "create extension citus" in this database on every node first`)
  }
  const [coordinator] = await session.query({ text: 'select 1 from pg_dist_local_group where groupid=0' })
  if (coordinator === undefined) throw new ConfigurationError(`${shown} is a worker: tables are distributed from the coordinator`)
  const [worker] = await session.query({ text: 'select 1 from pg_dist_node where groupid<>0 limit 1' })
  if (worker === undefined) throw new ConfigurationError(`${shown} has no worker yet: add one with "select citus_add_node(…)"`)
}

async function tableKinds(session: PostgresSession): Promise<ReadonlySet<string>> {
  const text = "select table_name::text from citus_tables where citus_table_type in ('distributed','reference')"
  return new Set((await session.query({ text })).map(([name]) => String(name).replaceAll('"', '')))
}

async function spreadTable(
  session: PostgresSession,
  at: string,
  { table, column, with: other }: Distribution,
  beside: boolean,
): Promise<void> {
  const text = beside
    ? 'select create_distributed_table($1,$2,colocate_with:=$3)'
    : `select create_distributed_table($1,$2,shard_count:=${SHARDS},colocate_with:='none')`
  await session.query({ text, values: beside ? [at + table, column, at + String(other)] : [at + table, column] })
}
