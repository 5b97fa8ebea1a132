import { systemClock } from '../primitives/clock.ts'
import { type Contract, loadBackend, type NamedBackend, namedBackends, openDatabase } from '../service/backends.ts'
import type { Settings } from '../service/settings.ts'
import type { StorageMigrations } from '../storage/index-migrations.ts'
import { configOption, defineCommand } from './frame/command.ts'
import { CommandFailure, UsageError } from './frame/failure.ts'
import { print } from './frame/terminal.ts'
import { type Manner, migrateTables } from './migrate/applying.ts'
import { type MigrationPlan, planMigration } from './migrate/plan.ts'
import { useConfig } from './service/open.ts'

/** ms */
const DAY = 86_400_000

/** `cliquet migrate` */
export const migrate = defineCommand({
  name: 'migrate',
  summary: 'Brings the tables of the backends and plugins to the version of this program.',
  operands: ['[MODULE]'],
  options: {
    'dry-run': { type: 'boolean', summary: 'Prints the SQL, and changes nothing in the database.' },
    distributed: { type: 'boolean', summary: 'Afterwards spreads the tables over the nodes of a distributed database (Citus).' },
    ...configOption,
  },
  details: [
    'A service does the same when it starts, except where the tables are distributed: so this is for who wants to do it before, to see it, or ' +
      'to start the service with a user who may not.',
    'Indexes for unique and often filtered fields are made too, without keeping writers waiting, if the module of the service tells its ' +
      'resources. MODULE is found as `cliquet start` does. It is asked, and not started.',
  ],
  async run({ options, operands, terminal }) {
    const { 'dry-run': dryRun = false, distributed = false } = options
    if (dryRun && distributed) throw new UsageError('--dry-run and --distributed exclude each other')
    useConfig(options.config)
    const plan = await planMigration(operands[0], (message) => void terminal.stderr.write(`cliquet migrate: ${message}\n`))
    if (plan.settings.readonly) throw new CommandFailure('the service is read-only (setting "readonly"): nothing was changed')
    const spread = await migrateAll(plan, { dryRun, distributed, terminal })
    if (distributed && spread === 0) throw new CommandFailure('none of the backends can be distributed')
  },
})

/** @returns how many sets of tables are distributed now */
async function migrateAll(plan: MigrationPlan, manner: Manner): Promise<number> {
  const { settings, tables } = plan
  const backends = patientBackends(settings)
  let spread = 0
  for (const backend of Object.values(backends)) spread += await migrateBackend(backend, plan, manner)
  if (tables.length === 0) return spread
  const database = await openDatabase(backends.storage, settings)
  try {
    for (const set of tables) if (database !== undefined) spread += await migrateTables(set.name, database.migrations(set), manner)
    return spread
  } finally {
    await database?.close()
  }
}

/** The backends that the settings name; their statements may take as long as they need. */
function patientBackends(settings: Settings): Readonly<Record<Contract, NamedBackend>> {
  const patient = (backend: NamedBackend): NamedBackend => {
    const pool = { ...backend.options.pool, statementTimeout: DAY }
    return { ...backend, options: { ...backend.options, pool } }
  }
  const { storage, permission, cache } = namedBackends(settings, systemClock)
  return { storage: patient(storage), permission: patient(permission), cache: patient(cache) }
}

/** @returns 1 if its tables are distributed now */
async function migrateBackend(backend: NamedBackend, { settings, resources }: MigrationPlan, manner: Manner): Promise<number> {
  const { contract, specifier, options } = backend
  const { createMigrations } = await loadBackend(backend, settings)
  if (typeof createMigrations !== 'function') {
    print(manner.terminal, `${manner.dryRun ? '-- ' : ''}${contract}: nothing is to be done, ${specifier} has no migrations`)
    return 0
  }
  const migrations = createMigrations(options) as StorageMigrations // what a module's function of that name gives
  const indexes = contract === 'storage' && resources !== undefined ? migrations.indexes?.(resources) : undefined
  return await migrateTables(contract, migrations, manner, indexes)
}
