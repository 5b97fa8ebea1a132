import type { Distribution } from '../drivers/migrations.ts'
import type { ResourceDeclaration } from '../storage/contract.ts'
import type { Settings } from './settings.ts'
import { pluginTables } from './startup/plugin-tables.ts'
import type { NamedPlugin } from './startup/plugins.ts'
import type { StartUp } from './startup/step.ts'

/** Tables of a plugin, with the statements for the storage's database. */
export interface PlannedTables {
  readonly name: string
  readonly versions: readonly { readonly title: string; readonly sql: string }[]
  readonly distributions: readonly Distribution[]
}

/** What a service would start with: plain data, which other threads can be told. */
export interface ServicePlan {
  readonly settings: Settings
  /** What its storage would be told. */
  readonly resources: readonly ResourceDeclaration[]
  /** Those of its plugins. */
  readonly tables: readonly PlannedTables[]
}

/** A service whose steps have run, and which has not opened anything. */
export interface Installation {
  readonly settings: Settings
  readonly plugins: readonly NamedPlugin[]
  readonly start: Pick<StartUp, 'find'>
}

/** What the storage and its database would be told. @throws ConfigurationError for tables of plugins that it can't keep */
export function planOf({ settings, plugins, start }: Installation): ServicePlan {
  const database = start.find('database')
  const tables = pluginTables(plugins, database?.engine, settings).map(({ name, versions, distributions }) => ({
    name,
    versions: versions.map(({ title, sql }) => ({ title, sql: sql(database?.at ?? '') })),
    distributions,
  }))
  return { settings, resources: start.find('declarations')?.() ?? [], tables }
}
