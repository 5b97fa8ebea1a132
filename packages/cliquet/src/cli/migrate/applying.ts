import type { Migrations } from '../../drivers/migrations.ts'
import type { IndexMigrations } from '../../storage/index-migrations.ts'
import { print, type Terminal } from '../frame/terminal.ts'

/** How the command was called. */
export interface Manner {
  /** Whether to print the SQL only. */
  readonly dryRun: boolean
  readonly distributed: boolean
  readonly terminal: Terminal
}

/** Migrates one set of tables, and closes its migrations. @returns 1 if the tables are distributed now */
export async function migrateTables(
  name: string,
  migrations: Migrations,
  { dryRun, distributed, terminal }: Manner,
  indexes?: IndexMigrations,
): Promise<number> {
  try {
    const title = `${name} in ${migrations.place}`
    if (dryRun) await showPending(migrations, title, terminal)
    else await apply(migrations, title, terminal)
    if (indexes !== undefined) await (dryRun ? showIndexes(indexes, title, terminal) : makeIndexes(indexes, title, terminal))
    if (!distributed || migrations.distribute === undefined) return 0
    const tables = await migrations.distribute()
    print(terminal, `${title}: ${tables.length === 0 ? 'is distributed' : `distributed ${tables.join(', ')}`}`)
    return 1
  } finally {
    await migrations.close()
  }
}

async function showPending(migrations: Migrations, title: string, terminal: Terminal): Promise<void> {
  const steps = await migrations.pending()
  if (steps.length === 0) print(terminal, `-- ${title}: nothing is to be done`)
  for (const step of steps) print(terminal, `-- ${title}, step ${step.version}: ${step.title}\n${step.sql.trim()}\n`)
}

async function apply(migrations: Migrations, title: string, terminal: Terminal): Promise<void> {
  const steps = await migrations.apply()
  if (steps.length === 0) print(terminal, `${title}: nothing is to be done`)
  for (const step of steps) print(terminal, `${title}, step ${step.version}: ${step.title}`)
}

async function showIndexes(indexes: IndexMigrations, title: string, terminal: Terminal): Promise<void> {
  for (const step of await indexes.pending()) print(terminal, `-- ${title}: ${step.title}\n${step.sql}\n`)
}

const makeIndexes = (indexes: IndexMigrations, title: string, terminal: Terminal): Promise<void> =>
  indexes.apply((step) => print(terminal, `${title}: ${step.title}`))
