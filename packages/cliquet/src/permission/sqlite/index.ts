import { createSqlitePermission } from './permission.ts'

export { createSqlitePermission }

/** The factory by which settings name this backend: `permission_backend = cliquet/permission/sqlite`. */
export const createPermission = createSqlitePermission

export type { SqlitePermissionOptions } from './permission.ts'
