import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { createPostgresPermission } from '../../src/permission/postgresql/index.ts'
import type { Clock } from '../../src/primitives/clock.ts'
import { randomNames } from '../../src/storage/conformance/random-data.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { createPostgresStorage } from '../../src/storage/postgresql/index.ts'
import { storageConformance } from '../../src/testing/index.ts'
import { storageSuite } from '../../src/testing/storage-conformance.ts'
import { prove } from '../../src/testing/suite.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { openTcpProxy, type TcpProxy } from '../servers/tcp-proxy.ts'

const url = ownSchema('storage')
const pool = { timeout: 2000, statementTimeout: 2000 }
const proxies = new WeakMap<Storage, TcpProxy>()

/** Has a way of its own to the server, which can be cut. */
async function openThroughProxy(clock: Clock): Promise<Storage> {
  const proxy = await openTcpProxy(url)
  const storage = createPostgresStorage({ url: proxy.url(url), clock, pool })
  const close = async (): Promise<void> => {
    await storage.close()
    await proxy.close()
  }
  const opened = { ...storage, close }
  proxies.set(opened, proxy)
  return opened
}

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  storageConformance('postgresql', ({ clock }) => openThroughProxy(clock), {
    reopen: (_closed, { clock }) => createPostgresStorage({ url, clock, pool }),
    openSecond: (_first, { clock }) => createPostgresStorage({ url, clock, pool }),
    openPair({ clock }) {
      const connections = createConnections()
      return {
        storage: createPostgresStorage({ url, clock, connections, pool }),
        permission: createPostgresPermission({ url, connections, pool }),
      }
    },
    break: (storage) => proxies.get(storage)?.cut(),
    mend: (storage) => proxies.get(storage)?.mend(),
  })

  const indexedUrl = ownSchema('indexed')

  it('S15 S16 S17 S18 S21 S22: filters, order and pages mean the same with an index on every field', async () => {
    const suite = storageSuite('postgresql with indexes', ({ clock }) => {
      const storage = createPostgresStorage({ url: indexedUrl, clock })
      return { ...storage, prepare: (resources) => storage.prepare(resources.map((resource) => ({ ...resource, indexes: randomNames }))) }
    })
    const { proven, failures } = await prove(suite, (title) => /^S(15|16|17|18|21|22)\b/.test(title))
    assert.deepEqual(
      failures.map(({ title, error }) => [title, error]),
      [],
    )
    assert.deepEqual(proven, ['S15', 'S16', 'S17', 'S18', 'S21', 'S22'])
  })
})
