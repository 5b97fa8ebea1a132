import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { OwnTables } from '../../drivers/sql-database.ts'
import { systemClock } from '../../primitives/clock.ts'
import { namedBackends, openDatabase } from '../../service/backends.ts'
import type { ServicePlan } from '../../service/plan.ts'
import type { Settings } from '../../service/settings.ts'
import { pluginTables } from '../../service/startup/plugin-tables.ts'
import { loadPlugins } from '../../service/startup/plugins.ts'
import type { ResourceDeclaration } from '../../storage/contract.ts'
import { CommandFailure } from '../frame/failure.ts'
import { serviceSettings } from '../service/open.ts'
import { findModule, moduleHere } from '../start/module.ts'
import type { Planning } from './planner.ts'

/** What is to be migrated. */
export interface MigrationPlan {
  readonly settings: Settings
  /** Undefined where no module tells the resources: their indexes are then left to the start. */
  readonly resources: readonly ResourceDeclaration[] | undefined
  /** Those of plugins. */
  readonly tables: readonly OwnTables[]
}

/** How long a module may take that does not export its service, ms. */
const PATIENCE = 30_000

/**
 * What the service would start with: as its module says, or, if there is none, the settings alone.
 * @param given the module. One that is found without having been named need not be that of a service; `tell` is told if it is not.
 */
export async function planMigration(given: string | undefined, tell: (message: string) => void): Promise<MigrationPlan> {
  const path = given === undefined ? moduleHere(undefined).found : findModule(given, 'migrate')
  if (path === undefined) return await planBySettings()
  const plan = await planByModule(path)
  if (typeof plan !== 'string') return { ...plan, tables: plan.tables.map(tablesOf) }
  if (given !== undefined) throw new CommandFailure(`${path} ${plan}`)
  tell(`${path} ${plan}: indexes of fields are left to the start`)
  return await planBySettings()
}

/** Of the working directory's service. */
async function planBySettings(): Promise<MigrationPlan> {
  const settings = serviceSettings({})
  const plugins = await loadPlugins([], settings)
  const database = await openDatabase(namedBackends(settings, systemClock).storage, settings)
  await database?.close()
  return { settings, resources: undefined, tables: pluginTables(plugins, database?.engine, settings) }
}

const tablesOf = ({ name, versions, distributions }: ServicePlan['tables'][number]): OwnTables => ({
  name,
  versions: versions.map(({ title, sql }) => ({ title, sql: () => sql })),
  distributions,
})

/** Asks in a thread of its own, where a module may do what it likes: it ends with the thread. @returns what is wrong with the module, or the plan */
async function planByModule(path: string): Promise<ServicePlan | string> {
  const script = new URL(`./planner${extname(import.meta.url)}`, import.meta.url)
  // What the module prints is none of the command's output.
  const worker = new Worker(script, { workerData: { path }, stdout: true })
  worker.stdout.pipe(process.stderr, { end: false })
  const told = once(worker, 'message').then(([planning]): Planning => planning)
  const ended = once(worker, 'exit').then(() => undefined)
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE).unref())
  try {
    const planning = await Promise.race([told, ended, late])
    if (planning === undefined) return 'exports no service, and starts none'
    if (planning.outcome === 'hosted') return 'has the service in an application of its own'
    if (planning.outcome === 'planned') return planning.plan
    const { error, isExpected, isService } = planning
    const message = error instanceof Error ? error.message : String(error)
    if (!isService) return `can't be imported (${message})`
    throw new CommandFailure(isExpected ? message : `${path}: ${message}`, { cause: error })
  } finally {
    await worker.terminate()
  }
}
