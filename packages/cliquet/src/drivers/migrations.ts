/** One version of some tables. */
export interface TableVersion {
  /** What it brings, in a few words. */
  readonly title: string
  /** The statements that make it of the version before. `at` is put before names: the schema and a dot on PostgreSQL, nothing on SQLite. */
  sql(at: string): string
}

/** Tables that have their versions in common. */
export interface TableSet {
  /** What they are called in `meta`. */
  readonly name: string
  /** In order; the last one is the current. Released ones are never changed, new ones are added. */
  readonly versions: readonly TableVersion[]
}

/** How a table is spread over the nodes of a distributed database (Citus). */
export interface Distribution {
  readonly table: string
  /** The column whose value decides the node; every key begins with it. */
  readonly column: string
  /** A table whose rows of the same value lie on the same node, if it is there; else the table is spread by itself. */
  readonly with?: string | undefined
}

/** One step of a migration. */
export interface MigrationStep {
  /** Which tables: `storage`, `permission`, `cache`, or those of a plugin. */
  readonly schema: string
  readonly version: number
  /** What it does, in a few words. */
  readonly title: string
  readonly sql: string
}

/** The steps that make the current version of that one. */
export const stepsFrom = (version: number, { name, versions }: TableSet, at: string): readonly MigrationStep[] =>
  versions.map(({ title, sql }, index) => ({ schema: name, version: index + 1, title, sql: sql(at) })).slice(version)

/**
 * The migrations of one set of tables. A backend module may export `createMigrations(options: BackendOptions)`; the command `migrate` then uses it.
 * Methods may fail with `BackendError`, or with `ConfigurationError` when the tables are newer than this program.
 */
export interface Migrations {
  /** The database, for messages: never a password. */
  readonly place: string
  /** The steps that are still to be done, in order; changes nothing. */
  pending(): Promise<readonly MigrationStep[]>
  /** Does them, all or none; of two processes at once the second finds them done. @returns what was done */
  apply(): Promise<readonly MigrationStep[]>
  /** Spreads the tables over the nodes of a distributed database, after `apply`; what is spread already stays. @returns what was done */
  distribute?(): Promise<readonly string[]>
  close(): Promise<void>
}
