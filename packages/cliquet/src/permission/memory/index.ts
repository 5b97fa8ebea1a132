import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { PermissionBackend } from '../contract.ts'
import { createMemoryPermission } from './permission.ts'

/**
 * Makes the permission backend of a service whose `permission_url` is `memory:` and anything. With a storage of the same URL it shares a
 * database: permissions are then committed with the records they belong to.
 */
export function createPermission({ url, connections }: BackendOptions): PermissionBackend {
  const lease = connections.lease(`memory:${url}`, () => ({ close: async () => {} }))
  return createMemoryPermission({ database: lease.value, onClose: () => lease.release() })
}

export type { MemoryPermissionOptions } from './permission.ts'
export { createMemoryPermission } from './permission.ts'
