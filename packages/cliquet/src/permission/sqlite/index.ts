import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createSqliteMigrations } from '../../drivers/sqlite/migrations.ts'
import { createSqlitePermission } from './permission.ts'
import { schema } from './schema.ts'

export { createSqlitePermission }

/** The factory by which settings name this backend: `permission_backend = cliquet/permission/sqlite`. */
export const createPermission = createSqlitePermission

/** The migrations of its tables. */
export const createMigrations = (options: BackendOptions): Migrations => createSqliteMigrations(options, schema)

export type { SqlitePermissionOptions } from './permission.ts'
