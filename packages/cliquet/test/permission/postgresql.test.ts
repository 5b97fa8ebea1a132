import { describe } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { createPostgresPermission } from '../../src/permission/postgresql/index.ts'
import { createPostgresStorage } from '../../src/storage/postgresql/index.ts'
import { permissionConformance } from '../../src/testing/index.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('permission')

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  permissionConformance('postgresql', () => createPostgresPermission({ url }), {
    reopen: () => createPostgresPermission({ url }),
    openPair({ clock }) {
      const connections = createConnections()
      return { storage: createPostgresStorage({ url, clock, connections }), permission: createPostgresPermission({ url, connections }) }
    },
  })
})
