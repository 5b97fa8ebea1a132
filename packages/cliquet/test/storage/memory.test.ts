import { createConnections } from '../../src/drivers/connections.ts'
import { createPermission } from '../../src/permission/memory/index.ts'
import { createMemoryStorage, createStorage } from '../../src/storage/memory/index.ts'
import { storageConformance } from '../../src/testing/index.ts'

storageConformance('memory', ({ clock }) => createMemoryStorage({ clock }), {
  gaps: [
    { promise: 'S25', why: 'nothing survives a restart' },
    { promise: 'S32', why: 'writes take effect at once, there is no rollback' },
    { promise: 'S30', why: 'there is no connection to lose' },
  ],
  openPair: ({ clock }) => {
    const options = { url: 'memory:', clock, connections: createConnections() }
    return { storage: createStorage(options), permission: createPermission(options) }
  },
})
