import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Migrations } from '../../drivers/migrations.ts'
import { createPostgresMigrations } from '../../drivers/postgresql/database.ts'
import type { PermissionBackend } from '../contract.ts'
import { createPostgresPermission } from './permission.ts'
import { schema } from './schema.ts'

export { createPostgresPermission, type PostgresPermissionOptions } from './permission.ts'

/** Makes the permission backend that the setting `permission_backend = cliquet/permission/postgresql` names. */
export const createPermission = (options: BackendOptions): PermissionBackend => createPostgresPermission(options)

/** The migrations of its tables. */
export const createMigrations = (options: BackendOptions): Migrations => createPostgresMigrations(options, schema)
