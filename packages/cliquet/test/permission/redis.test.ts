import { describe } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import type { PermissionBackend } from '../../src/permission/contract.ts'
import { createRedisPermission } from '../../src/permission/redis/index.ts'
import { createRedisStorage } from '../../src/storage/redis/index.ts'
import { permissionConformance } from '../../src/testing/index.ts'
import { createTrialPrefixes, trialServers } from '../drivers/redis/trial-server.ts'
import { skipWithout } from '../servers/server-urls.ts'

for (const { name, server, url: given } of trialServers) {
  describe(name, { skip: skipWithout(given, server) }, () => {
    const prefixes = createTrialPrefixes(given ?? '')
    const urls = new WeakMap<PermissionBackend, string>()

    function open(url: string): PermissionBackend {
      const permission = createRedisPermission({ url })
      urls.set(permission, url)
      return permission
    }

    permissionConformance(name, () => open(prefixes.fresh()), {
      gaps: [
        { promise: 'P14', why: 'Redis has no transaction that reads what it wrote and can be rolled back' },
        { promise: 'P16', why: 'Redis lists its keys while others change them, and may list one twice' },
      ],
      reopen: (closed) => open(urls.get(closed) ?? ''),
      openPair({ clock }) {
        const options = { url: prefixes.fresh(), clock, connections: createConnections() }
        return { storage: createRedisStorage(options), permission: createRedisPermission(options) }
      },
    })
  })
}
