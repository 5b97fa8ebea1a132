import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import type { Migrations } from '../../src/drivers/migrations.ts'
import { createPostgresPermission, createMigrations as permissionMigrations } from '../../src/permission/postgresql/index.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { createPostgresStorage, createMigrations as storageMigrations } from '../../src/storage/postgresql/index.ts'
import { permissionConformance, storageConformance } from '../../src/testing/index.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { citusUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('citus', citusUrl)
const pool = { timeout: 5000, statementTimeout: 5000 }

async function applied(migrations: Migrations): Promise<Migrations> {
  await migrations.apply()
  return migrations
}

/** The same promises where the tables are spread over the nodes of a cluster, which only who has one can show. */
describe('Citus', { skip: skipWithout(citusUrl, 'Citus') }, () => {
  before(async () => {
    const options = { url, clock: systemClock, connections: createConnections() }
    for (const migrations of [await applied(storageMigrations(options)), await applied(permissionMigrations(options))]) {
      await migrations.distribute?.()
      await migrations.close()
    }
  })

  it('the tables are distributed, and distributing them again does nothing', async () => {
    const migrations = storageMigrations({ url, clock: systemClock, connections: createConnections() })
    assert.deepEqual(await migrations.distribute?.(), [])
    await migrations.close()
    const tables = await runSql(url, "select table_name::text from citus_tables where citus_table_type='distributed' order by 1")
    for (const table of ['records', 'collections', 'permissions'])
      assert.ok(
        tables.some(([name]) => name?.endsWith(`.${table}`)),
        table,
      )
  })

  storageConformance('citus', ({ clock }) => createPostgresStorage({ url, clock, pool }), {
    gaps: [{ promise: 'S30', why: 'the cluster is used by others, so it is not broken here' }],
    reopen: (_closed, { clock }) => createPostgresStorage({ url, clock, pool }),
    openSecond: (_first, { clock }) => createPostgresStorage({ url, clock, pool }),
    openPair({ clock }) {
      const connections = createConnections()
      return {
        storage: createPostgresStorage({ url, clock, connections, pool }),
        permission: createPostgresPermission({ url, connections, pool }),
      }
    },
  })

  permissionConformance('citus', () => createPostgresPermission({ url, pool }), {
    reopen: () => createPostgresPermission({ url, pool }),
    openPair({ clock }) {
      const connections = createConnections()
      return {
        storage: createPostgresStorage({ url, clock, connections, pool }),
        permission: createPostgresPermission({ url, connections, pool }),
      }
    },
  })
})
