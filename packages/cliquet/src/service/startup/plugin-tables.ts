import type { Distribution, TableVersion } from '../../drivers/migrations.ts'
import type { OwnTables, SqlDatabase } from '../../drivers/sql-database.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Settings } from '../settings.ts'

/**
 * The tables that a plugin keeps in the database of the storage: for each engine that it knows their versions, in order. Released ones are
 * never changed, new ones are added. Their names should begin with that of the plugin: the storage's own tables are beside them.
 */
export interface PluginMigrations {
  readonly postgresql?: readonly TableVersion[]
  readonly sqlite?: readonly TableVersion[]
  /** How the tables are spread over the nodes of a distributed database (Citus). */
  readonly distributions?: readonly Distribution[]
  /** Whether the plugin can do without, where the storage has another engine. Otherwise the start fails there. */
  readonly optional?: boolean
}

/** What a plugin says of its tables. */
interface Keeper {
  readonly plugin: { readonly name: string; readonly migrations?: PluginMigrations }
}

/** The tables that plugins keep in a storage of that engine. @throws ConfigurationError for a plugin that has none for it, and two of one name */
export function pluginTables(
  plugins: readonly Keeper[],
  engine: SqlDatabase['engine'] | undefined,
  { storageBackend }: Pick<Settings, 'storageBackend'>,
): readonly OwnTables[] {
  const sets = plugins.flatMap(({ plugin: { name, migrations } }): OwnTables[] => {
    const versions = engine && migrations?.[engine]
    if (versions !== undefined) return [{ name: `plugin ${name}`, versions, distributions: migrations?.distributions ?? [] }]
    if (migrations === undefined || migrations.optional === true) return []
    const engines = (['postgresql', 'sqlite'] as const).filter((known) => migrations[known] !== undefined)
    throw new ConfigurationError(
      `the plugin "${name}" keeps tables in a database of ${engines.join(' or ') || 'no engine'}, and the storage is ${storageBackend}`,
    )
  })
  const names = sets.map(({ name }) => name)
  const double = names.find((name, place) => names.indexOf(name) !== place)
  if (double !== undefined) throw new ConfigurationError(`two plugins keep tables under the name "${double.replace(/^plugin /, '')}"`)
  return sets
}
