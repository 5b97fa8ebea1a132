import { createRedisPermission } from './permission.ts'

export { createRedisPermission }

/** The factory by which settings name this backend: `permission_backend = cliquet/permission/redis`. */
export const createPermission = createRedisPermission

export type { RedisPermissionOptions } from './permission.ts'
