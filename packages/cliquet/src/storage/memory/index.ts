import type { BackendOptions } from '../../drivers/backend-options.ts'
import type { Storage } from '../contract.ts'
import { createMemoryStorage } from './storage.ts'

/**
 * Makes the storage of a service whose `storage_url` is `memory:` and anything. With a permission backend of the same URL it shares a database:
 * permissions are then committed with the records they belong to.
 */
export function createStorage({ url, clock, connections }: BackendOptions): Storage {
  const lease = connections.lease(`memory:${url}`, () => ({ close: async () => {} }))
  return createMemoryStorage({ clock, database: lease.value, onClose: () => lease.release() })
}

export type { MemoryStorageOptions } from './storage.ts'
export { createMemoryStorage } from './storage.ts'
