import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { createRedisPermission } from '../../src/permission/redis/index.ts'
import { createRedisStorage } from '../../src/storage/redis/index.ts'
import { createTrialPrefixes, keysBeginning, openClient, trialServers } from '../drivers/redis/trial-server.ts'
import { skipWithout } from '../servers/server-urls.ts'

const at = (uri: string, parentId = 'p') => ({ parentId, uri })
const upTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const condition = { kind: 'none' } as const

for (const { name, server, url: given } of trialServers) {
  describe(name, { skip: skipWithout(given, server) }, () => {
    const prefixes = createTrialPrefixes(given ?? '')

    async function open(t: TestContext) {
      const connections = createConnections()
      const url = prefixes.fresh()
      const storage = createRedisStorage({ url, connections })
      const permission = createRedisPermission({ url, connections })
      const client = openClient(given ?? '')
      t.after(() => Promise.all([storage.close(), permission.close(), client.quit()]))
      await Promise.all([storage.prepare([]), permission.prepare()])
      const keys = () => keysBeginning(client, `${new URLSearchParams(url.split('?')[1]).get('prefix')}:`)
      return { connections, url, storage, permission, keys }
    }

    test('P7: nothing is left of what lay below a removed object, not even where to look for it', async (t) => {
      const { permission, keys } = await open(t)
      await permission.replace(at('/a/1'), { read: ['ann'] })
      for (const parent of ['p', 'q', 'r}']) await permission.replace(at('/a/1/b/2/c/3', parent), { read: ['ann', 'bob'], write: ['ann'] })
      await permission.remove([at('/a/1')])
      const left = await keys()
      assert.ok(left.length === 1 && left[0]?.endsWith(':{~%2Fa}:parents'), left.join(' '))
    })

    test('P7: what is granted while its ancestor is removed is found by the next removal', async (t) => {
      const { permission } = await open(t)
      const parents = upTo(8).map((i) => `p${i}`)
      for (const round of upTo(15)) {
        await Promise.all([
          ...parents.map((parent) => permission.replace(at(`/a/1/b/${round}`, parent), { read: ['ann'] })),
          permission.remove([at('/a/1')]),
          permission.run(permission.removeWork('p0', '/a/'), ['1']),
        ])
      }
      await permission.remove([at('/a/1')])
      for (const parent of parents) {
        assert.deepEqual(await permission.accessible(at('/a/1/b', parent), ['read'], ['ann']), [])
        for (const round of upTo(15)) assert.deepEqual(await permission.permissionsOf(at(`/a/1/b/${round}`, parent)), {})
      }
    })

    test('P2: a principal that is given and taken at once goes from everybody', async (t) => {
      const { permission, keys } = await open(t)
      const users = upTo(6).map((i) => `user${i}`)
      for (const _ of upTo(15)) {
        await Promise.all(
          users.flatMap((user) => [
            permission.addUserPrincipal(user, 'group'),
            permission.removeUserPrincipal(user, 'group'),
            permission.addUserPrincipal(user, 'group'),
          ]),
        )
      }
      await permission.removePrincipal('group')
      for (const user of users) assert.deepEqual(await permission.principalsOf(user), [])
      assert.deepEqual(await keys(), [])
    })

    test('P3 P6: containers and grants that look alike are told apart', async (t) => {
      const { permission } = await open(t)
      const uris = ['/a/["r","x"]/1', '/a/1', '/a/["r"/1', '/é/1', '/a 3:/1', 'no-slash', '/', '']
      for (const uri of uris) await permission.replace(at(uri), { r: ['x'], '["r"': ['x'], 'r","x': ['y'] })
      for (const uri of uris) {
        assert.deepEqual(await permission.permissionsOf(at(uri)), { '["r"': ['x'], r: ['x'], 'r","x': ['y'] })
        await permission.replace(at(uri), { r: [] })
        assert.deepEqual(await permission.permissionsOf(at(uri)), { '["r"': ['x'], 'r","x': ['y'] })
      }
      for (const container of ['/a/["r","x"]', '/a', '/é', '/a 3:']) {
        assert.deepEqual(await permission.accessible(at(container), ['["r"'], ['x']), ['1'])
        assert.deepEqual(await permission.accessible(at(container), ['r'], ['x']), [])
      }
    })

    test('S12 P9: work that concerns another parent than the write is done after it, and only if it was not refused', async (t) => {
      const { storage, permission } = await open(t)
      const collection = { parentId: 'p', resource: 'article' }
      const join = [permission.replaceWork(at('/articles/a', 'elsewhere'), { read: ['ann'] }, {})]
      const refused = { ...condition, kind: 'present' } as const
      assert.equal((await storage.put(collection, { id: 'a', body: '{}', condition: refused, join })).outcome, 'refused')
      assert.deepEqual(await permission.permissionsOf(at('/articles/a', 'elsewhere')), {})
      assert.equal((await storage.put(collection, { id: 'a', body: '{}', condition, join })).outcome, 'created')
      assert.deepEqual(await permission.permissionsOf(at('/articles/a', 'elsewhere')), { read: ['ann'] })
    })

    test('S12 P13: another prefix is another database', async (t) => {
      const { connections, url, storage, permission } = await open(t)
      const foreign = createRedisPermission({ url: `${url}-other`, connections })
      t.after(() => foreign.close())
      await foreign.prepare()
      assert.equal(storage.canJoin(permission.removeWork('p', '/a/')), true)
      assert.equal(storage.canJoin(foreign.removeWork('p', '/a/')), false)
      const transaction = await storage.begin()
      assert.equal(foreign.within(transaction), undefined)
      await transaction.rollback()
      await assert.rejects(foreign.run(permission.removeWork('p', '/a/'), ['1']), BackendError)
      await permission.replace(at('/a/1'), { read: ['ann'] })
      await foreign.replace(at('/a/1'), { read: ['bob'] })
      await foreign.flush()
      assert.deepEqual(await permission.permissionsOf(at('/a/1')), { read: ['ann'] })
    })
  })
}
