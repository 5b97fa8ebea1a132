import { createConnections } from '../../src/drivers/connections.ts'
import type { PermissionBackend } from '../../src/permission/contract.ts'
import { createSqlitePermission } from '../../src/permission/sqlite/index.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { permissionConformance } from '../../src/testing/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

const temporaryFile = createTemporaryFiles()
const urls = new WeakMap<PermissionBackend, string>()

function open(url: string): PermissionBackend {
  const permission = createSqlitePermission({ url })
  urls.set(permission, url)
  return permission
}

permissionConformance('sqlite', () => open(temporaryFile()), {
  reopen: (closed) => open(urls.get(closed) ?? ''),
  openPair({ clock }) {
    const connections = createConnections()
    const url = temporaryFile()
    return { storage: createSqliteStorage({ url, clock, connections }), permission: createSqlitePermission({ url, connections }) }
  },
})
