import type { Migrations } from '../drivers/migrations.ts'
import { systemClock } from '../primitives/clock.ts'
import { type Contract, loadBackend, type NamedBackend, namedBackends, openDatabase } from '../service/backends.ts'
import type { Settings } from '../service/settings.ts'
import { pluginTables } from '../service/startup/plugin-tables.ts'
import { loadPlugins } from '../service/startup/plugins.ts'
import { configOption, defineCommand } from './frame/command.ts'
import { CommandFailure, UsageError } from './frame/failure.ts'
import { print, type Terminal } from './frame/terminal.ts'
import { serviceSettings } from './service/open.ts'

/** ms */
const DAY = 86_400_000

/** `cliquet migrate` */
export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Brings the tables of the backends and plugins to the version of this program.',
  options: {
    'dry-run': { type: 'boolean', summary: 'Prints the SQL, and changes nothing.' },
    distributed: { type: 'boolean', summary: 'Afterwards spreads the tables over the nodes of a distributed database (Citus).' },
    ...configOption,
  },
  details: [
    'A service does the same when it starts, except where the tables are distributed: so this is for who wants to do it before, to see it, or ' +
      'to start the service with a user who may not. Indexes for unique and often filtered fields are made by the service, which knows them.',
  ],
  async run({ options, terminal }) {
    const { 'dry-run': dryRun = false, distributed = false } = options
    if (dryRun && distributed) throw new UsageError('--dry-run and --distributed exclude each other')
    const settings = serviceSettings(options)
    if (settings.readonly) throw new CommandFailure('the service is read-only (setting "readonly"): nothing was changed')
    const backends = patientBackends(settings)
    const database = await openDatabase(backends.storage, settings)
    try {
      // Known before anything is changed, as it may be an error.
      const sets = pluginTables(await loadPlugins([], settings), database?.engine, settings)
      const ofPlugins = sets.flatMap((set) => (database === undefined ? [] : [{ name: set.name, migrations: database.migrations(set) }]))
      const manner = { dryRun, distributed, terminal }
      let spread = 0
      for (const backend of Object.values(backends)) spread += await migrateBackend(backend, settings, manner)
      for (const { name, migrations } of ofPlugins) spread += await migrateTables(name, migrations, manner)
      if (distributed && spread === 0) throw new CommandFailure('none of the backends can be distributed')
    } finally {
      await database?.close()
    }
  },
})

/** The backends that the settings name; their statements may take as long as they need. */
function patientBackends(settings: Settings): Readonly<Record<Contract, NamedBackend>> {
  const patient = (backend: NamedBackend): NamedBackend => {
    const pool = { ...backend.options.pool, statementTimeout: DAY }
    return { ...backend, options: { ...backend.options, pool } }
  }
  const { storage, permission, cache } = namedBackends(settings, systemClock)
  return { storage: patient(storage), permission: patient(permission), cache: patient(cache) }
}

interface Manner {
  readonly dryRun: boolean
  readonly distributed: boolean
  readonly terminal: Terminal
}

/** @returns 1 if its tables are distributed now */
async function migrateBackend(backend: NamedBackend, settings: Settings, manner: Manner): Promise<number> {
  const { contract, specifier } = backend
  const migrations = await migrationsOf(backend, settings)
  if (migrations === undefined) {
    print(manner.terminal, `${manner.dryRun ? '-- ' : ''}${contract}: nothing is to be done, ${specifier} has no migrations`)
    return 0
  }
  return await migrateTables(contract, migrations, manner)
}

/** @returns 1 if its tables are distributed now */
async function migrateTables(name: string, migrations: Migrations, { dryRun, distributed, terminal }: Manner): Promise<number> {
  try {
    const title = `${name} in ${migrations.place}`
    if (dryRun) await showPending(migrations, title, terminal)
    else await apply(migrations, title, terminal)
    if (!distributed || migrations.distribute === undefined) return 0
    const tables = await migrations.distribute()
    print(terminal, `${title}: ${tables.length === 0 ? 'is distributed' : `distributed ${tables.join(', ')}`}`)
    return 1
  } finally {
    await migrations.close()
  }
}

async function migrationsOf(backend: NamedBackend, settings: Settings): Promise<Migrations | undefined> {
  const { createMigrations } = await loadBackend(backend, settings)
  if (typeof createMigrations !== 'function') return undefined
  return createMigrations(backend.options) as Migrations // what a module's function of that name gives
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
