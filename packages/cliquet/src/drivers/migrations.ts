/** One step of a migration. */
export interface MigrationStep {
  /** Which tables: `storage`, `permission` or `cache`. */
  readonly schema: string
  readonly version: number
  /** What it does, in a few words. */
  readonly title: string
  readonly sql: string
}

/**
 * The migrations of one backend. A backend module may export `createMigrations(options: BackendOptions)`; the command `migrate` then uses it.
 * Methods may fail with `BackendError`, or with `ConfigurationError` when the tables are newer than this program.
 */
export interface Migrations {
  /** The database, for messages: never a password. */
  readonly place: string
  /** The steps that are still to be done, in order; changes nothing. */
  pending(): Promise<readonly MigrationStep[]>
  /** Does them, each backend's all or none; of two processes at once the second finds them done. @returns what was done */
  apply(): Promise<readonly MigrationStep[]>
  /** Spreads the tables over the nodes of a distributed database, after `apply`; what is spread already stays. @returns what was done */
  distribute?(): Promise<readonly string[]>
  close(): Promise<void>
}
