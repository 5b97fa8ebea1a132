import { createConnections } from '../../src/drivers/connections.ts'
import { createMemoryPermission, createPermission } from '../../src/permission/memory/index.ts'
import { createStorage } from '../../src/storage/memory/index.ts'
import { permissionConformance } from '../../src/testing/index.ts'

permissionConformance('memory', () => createMemoryPermission(), {
  gaps: [
    { promise: 'P11', why: 'nothing survives a restart' },
    { promise: 'P14', why: 'changes take effect at once, there is no rollback' },
  ],
  openPair: ({ clock }) => {
    const options = { url: 'memory:', clock, connections: createConnections() }
    return { storage: createStorage(options), permission: createPermission(options) }
  },
})
