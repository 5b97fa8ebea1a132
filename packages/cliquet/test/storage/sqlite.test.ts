import { DatabaseSync } from 'node:sqlite'
import { createConnections } from '../../src/drivers/connections.ts'
import { createSqlitePermission } from '../../src/permission/sqlite/index.ts'
import type { Clock } from '../../src/primitives/clock.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { storageConformance } from '../../src/testing/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

const temporaryFile = createTemporaryFiles()
const paths = new WeakMap<Storage, string>()
const locks = new Map<string, DatabaseSync>()

function open(path: string, clock: Clock): Storage {
  const storage = createSqliteStorage({ url: `sqlite:${path}?timeout=200`, clock })
  paths.set(storage, path)
  return storage
}

const pathOf = (storage: Storage): string => paths.get(storage) ?? ''

storageConformance('sqlite', ({ clock }) => open(temporaryFile(), clock), {
  reopen: (closed, { clock }) => open(pathOf(closed), clock),
  openSecond: (first, { clock }) => open(pathOf(first), clock),
  openPair({ clock }) {
    const connections = createConnections()
    const url = temporaryFile()
    return { storage: createSqliteStorage({ url, clock, connections }), permission: createSqlitePermission({ url, connections }) }
  },
  break(storage) {
    const other = new DatabaseSync(pathOf(storage))
    other.exec('begin exclusive')
    locks.set(pathOf(storage), other)
  },
  mend(storage) {
    locks.get(pathOf(storage))?.close()
    locks.delete(pathOf(storage))
  },
})
