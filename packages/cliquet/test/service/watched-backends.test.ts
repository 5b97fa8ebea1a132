import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryCache } from '../../src/cache/memory/index.ts'
import { createConnections } from '../../src/drivers/connections.ts'
import { BackendError, type Cache, type Metrics, type PermissionBackend, type Storage } from '../../src/index.ts'
import { noMetrics } from '../../src/metrics/none/index.ts'
import { createMemoryPermission } from '../../src/permission/memory/index.ts'
import { createSqlitePermission } from '../../src/permission/sqlite/index.ts'
import { createWatch } from '../../src/service/observation/watched-work.ts'
import { createMemoryStorage } from '../../src/storage/memory/index.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { cacheConformance, jointConformance } from '../../src/testing/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

/** What looks at work, and what it has told so far: `backend.storage get`. */
function openWatch() {
  const told: string[] = []
  const tell = (name: string, labels = {}): void => void told.push([name, ...Object.values(labels)].join(' '))
  const metrics: Metrics = {
    ...noMetrics,
    count(name, { by = 1, labels } = {}) {
      if (by > 0) tell(name, labels)
    },
    time(name, milliseconds, labels) {
      assert.ok(milliseconds >= 0)
      tell(name, labels)
    },
  }
  return { watch: createWatch(metrics, undefined), told }
}

const temporaryFile = createTemporaryFiles()

// Backends that are looked at keep their promises.
jointConformance('sqlite, looked at', ({ clock }) => {
  const { watch } = openWatch()
  const connections = createConnections()
  const url = temporaryFile()
  return {
    storage: watch.storage(createSqliteStorage({ url, clock, connections })),
    permission: watch.permission(createSqlitePermission({ url, connections })),
  }
})
cacheConformance('memory, looked at', ({ clock }) => openWatch().watch.cache(createMemoryCache({ clock })), {
  entries: (cache) => ('size' in cache ? Number(cache.size) : Number.NaN),
})

const collection = { parentId: '', resource: 'note' }

test('each call is timed once, those inside a transaction and its commit too', async () => {
  const { watch, told } = openWatch()
  const storage = watch.storage(createSqliteStorage({ url: temporaryFile() }))
  await storage.prepare([])
  const transaction = await storage.begin()
  const session = storage.within(transaction)
  await session.put(collection, { id: 'a', body: '{}', condition: { kind: 'none' } })
  await session.get(collection, 'a')
  await transaction.commit()
  await transaction.rollback()
  await storage.get(collection, 'a')
  await storage.close()
  assert.deepEqual(
    told,
    ['begin', 'put', 'get', 'commit', 'get'].map((method) => `backend.storage ${method}`),
  )
})

test('a call that fails is timed, too, and counted if it was the backend', async () => {
  const { watch, told } = openWatch()
  const ill: Storage = { ...createMemoryStorage(), get: () => Promise.reject(new BackendError('down')) }
  await assert.rejects(watch.storage(ill).get(collection, 'a'), BackendError)
  await assert.rejects(
    watch.work('listeners.audit')(() => Promise.reject(new RangeError('own'))),
    RangeError,
  )
  assert.deepEqual(told, ['backend.storage.errors get', 'backend.storage get', 'listeners.audit'])
})

/** An object of the same members, whose methods do nothing. */
const idle = <T extends object>(like: T): T => Object.fromEntries(Object.keys(like).map((name) => [name, async () => undefined])) as T

/** The members that are not looked at when they are called. */
async function passedOver<T extends object>(backend: T, wrap: (backend: T) => T, told: string[]): Promise<string[]> {
  const names: string[] = []
  const wrapped = wrap(idle(backend))
  for (const name of Object.keys(wrapped).filter((member) => member !== 'within' && member !== 'begin')) {
    told.splice(0)
    const call: unknown = Reflect.get(wrapped, name)
    if (typeof call === 'function') await call()
    if (!told.some((line) => line.endsWith(` ${name}`))) names.push(name)
  }
  return names.sort()
}

test('every call of a contract is looked at that waits for its backend, but for the first, the last and dumps', async () => {
  const { watch, told } = openWatch()
  assert.deepEqual(await passedOver<Storage>(createMemoryStorage(), watch.storage, told), ['canJoin', 'close', 'dump', 'prepare'])
  assert.deepEqual(await passedOver<PermissionBackend>(createMemoryPermission(), watch.permission, told), [
    'close',
    'dump',
    'prepare',
    'removeWork',
    'replaceWork',
  ])
  assert.deepEqual(await passedOver<Cache>(createMemoryCache(), watch.cache, told), ['close', 'prepare', 'size'])
})
