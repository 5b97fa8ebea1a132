import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Cache } from '../../src/cache/contract.ts'
import { createMemoryCache } from '../../src/cache/memory/index.ts'
import { createConnections } from '../../src/drivers/connections.ts'
import type { PermissionBackend } from '../../src/permission/contract.ts'
import { createMemoryPermission, createPermission } from '../../src/permission/memory/index.ts'
import type { Storage } from '../../src/storage/contract.ts'
import { createMemoryStorage, createStorage } from '../../src/storage/memory/index.ts'
import { cacheSuite } from '../../src/testing/cache-conformance.ts'
import { permissionSuite } from '../../src/testing/permission-conformance.ts'
import { storageSuite } from '../../src/testing/storage-conformance.ts'
import { promisesNamed, prove } from '../../src/testing/suite.ts'

const everything = { filters: [], sort: [{ field: 'last_modified', direction: 'descending' }], limit: 1000 } as const

/** Backends as people write them by mistake: each breaks a promise of a storage that is right otherwise. */
const storageFaults: readonly (readonly [
  promise: string,
  fault: string,
  plant: (storage: Storage, now: () => number) => Partial<Storage>,
])[] = [
  [
    'S2',
    'timestamps are the time of day',
    (storage, now) => ({
      put: async (collection, put) => {
        const outcome = await storage.put(collection, put)
        return outcome.outcome === 'created' ? { ...outcome, record: { ...outcome.record, timestamp: now() } } : outcome
      },
    }),
  ],
  [
    'S6',
    'a refused write moves the collection timestamp',
    (storage) => ({
      put: async (collection, put) => {
        const outcome = await storage.put(collection, put)
        if (outcome.outcome === 'refused') {
          await storage.put(collection, { id: 'touch', body: '{}', condition: { kind: 'none' } })
          await storage.remove(collection, { id: 'touch', condition: { kind: 'none' } })
        }
        return outcome
      },
    }),
  ],
  [
    'S10',
    'conditions are decided before the write',
    (storage) => ({
      put: async (collection, put) => {
        const current = await storage.get(collection, put.id)
        await new Promise((resolve) => setImmediate(resolve))
        const { condition } = put
        const holds = condition.kind === 'timestamp' ? current?.timestamp === condition.timestamp : condition.kind !== 'absent' || !current
        return storage.put(collection, holds ? { ...put, condition: { kind: 'none' } } : put)
      },
    }),
  ],
  [
    'S11',
    'unique values are looked up before the write',
    (storage) => ({
      prepare: (resources) => storage.prepare(resources.map(({ name }) => ({ name, uniqueFields: [] }))),
      put: async (collection, put) => {
        const url: unknown = JSON.parse(put.body).url
        const filters = [{ field: 'url', operator: 'eq', value: String(url) }] as const
        const page = await storage.list(collection, { ...everything, filters })
        await new Promise((resolve) => setImmediate(resolve))
        const [other] = JSON.parse(page.json)
        const existing = other && other.id !== put.id ? await storage.get(collection, other.id) : undefined
        return existing ? { outcome: 'duplicate', field: 'url', existing } : storage.put(collection, put)
      },
    }),
  ],
  [
    'S13',
    'the timestamp of a page is read after its items',
    (storage) => ({
      list: async (collection, query) => {
        const page = await storage.list(collection, query)
        await new Promise((resolve) => setImmediate(resolve))
        return { ...page, timestamp: await storage.timestamp(collection) }
      },
    }),
  ],
  [
    'S15',
    'null equals absent',
    (storage) => ({
      list: (collection, query) => {
        const filters = query.filters.map((filter) =>
          filter.operator === 'has' ? ({ ...filter, operator: filter.value ? 'not' : 'eq', value: null } as const) : filter,
        )
        return storage.list(collection, { ...query, filters })
      },
    }),
  ],
  [
    'S16',
    'patterns leave an underscore out',
    (storage) => ({
      list: (collection, query) => {
        const filters = query.filters.map((filter) =>
          filter.operator === 'like' ? { ...filter, value: String(filter.value).replaceAll('_', '*') } : filter,
        )
        return storage.list(collection, { ...query, filters })
      },
    }),
  ],
  [
    'S17',
    'only the first sort key counts',
    (storage) => ({
      list: (collection, query) => storage.list(collection, { ...query, sort: [...query.sort.slice(0, 1), ...query.sort.slice(-1)] }),
    }),
  ],
  [
    'S18',
    'a page starts at the item where the last one ended',
    (storage) => ({
      list: (collection, query) => {
        const [after] = query.after ?? []
        return storage.list(collection, typeof after === 'number' && query.sort.length === 1 ? { ...query, after: [after + 1] } : query)
      },
    }),
  ],
  [
    'S19',
    'tombstones always take part',
    (storage) => ({
      list: (collection, query) =>
        storage.list(collection, { ...query, filters: [...query.filters, { field: 'last_modified', operator: 'min', value: 0 }] }),
    }),
  ],
  [
    'S20',
    'ids match as LIKE does',
    (storage) => ({
      get: async (collection, id) => {
        const pattern = new RegExp(
          `^${id
            .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
            .replaceAll('_', '.')
            .replaceAll('%', '.*')}$`,
          'is',
        )
        const ids: readonly { id: string }[] = JSON.parse((await storage.list(collection, everything)).json)
        const found = ids.find((item) => pattern.test(item.id))
        return found && storage.get(collection, found.id)
      },
    }),
  ],
  ['S22', 'a count forgets the ids', (storage) => ({ count: (collection, filters) => storage.count(collection, filters) })],
  [
    'S24',
    'flushing leaves the timestamps',
    (storage) => ({
      flush: async () => {
        for (const resource of ['article', 'bookmark']) await storage.removeAll({ parentId: 'alice', resource }, everything)
        await storage.purge({})
      },
    }),
  ],
  ['S32', 'a transaction writes at once', () => ({})],
  ['S34', 'a transaction never ends', (storage) => ({ within: () => storage })],
]

for (const [promise, fault, plant] of storageFaults) {
  it(`the storage suite reports ${promise} when ${fault}`, async () => {
    const suite = storageSuite('faulty', ({ clock }) => {
      const storage = createMemoryStorage({ clock })
      return { ...storage, ...plant(storage, clock) }
    })
    const { broken, complaints } = await prove(suite, (title) => promisesNamed(title).includes(promise))
    assert.ok(broken.includes(promise), `broken: ${broken.join(' ')}`)
    assert.ok(complaints.includes(`${promise} is broken`))
  })
}

it('the storage suite reports S12 when joined work is done before the write is decided', async () => {
  const suite = storageSuite('faulty', ({ clock }) => createMemoryStorage({ clock }), {
    openPair: ({ clock }) => {
      const options = { url: 'memory:', clock, connections: createConnections() }
      const permission = createPermission(options)
      const storage = createStorage(options)
      const put: Storage['put'] = async (collection, { join = [], ...rest }) => {
        for (const work of join) await permission.run(work, [])
        return storage.put(collection, rest)
      }
      return { permission, storage: { ...storage, put } }
    },
  })
  const { broken } = await prove(suite, (title) => title.startsWith('S12'))
  assert.deepEqual(broken, ['S12'])
})

it('the cache suite reports C3 and C12 when keys are looked up before the write', async () => {
  const suite = cacheSuite('faulty', ({ clock }): Cache => {
    const cache = createMemoryCache({ clock })
    return {
      ...cache,
      remove: async (key) => {
        const value = await cache.get(key)
        await new Promise((resolve) => setImmediate(resolve))
        await cache.remove(key)
        return value
      },
      add: async (key, value, ttl) => {
        if ((await cache.get(key)) !== undefined) return false
        await cache.set(key, value, ttl)
        return true
      },
    }
  })
  assert.deepEqual((await prove(suite)).broken, ['C3', 'C12'])
})

it('the permission suite reports P6, P7 and P8 when parents and slashes are forgotten', async () => {
  const suite = permissionSuite('faulty', (): PermissionBackend => {
    const permission = createMemoryPermission()
    const anywhere = (uri: string) => ({ parentId: '', uri })
    return {
      ...permission,
      replace: ({ uri }, change) => permission.replace(anywhere(uri), change),
      permissionsOf: ({ uri }) => permission.permissionsOf(anywhere(uri)),
      remove: (objects) => permission.remove(objects.map(({ uri }) => anywhere(uri.replace(/\/[^/]*$/, '')))),
    }
  })
  const { broken } = await prove(suite)
  for (const promise of ['P6', 'P7', 'P8']) assert.ok(broken.includes(promise), `${promise} is among ${broken.join(' ')}`)
})
