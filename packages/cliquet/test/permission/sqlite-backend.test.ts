import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { createSqlitePermission } from '../../src/permission/sqlite/index.ts'
import { schema } from '../../src/permission/sqlite/schema.ts'
import { removeIdsStatements, removeStatements } from '../../src/permission/sqlite/work.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

const temporaryFile = createTemporaryFiles()
const at = (uri: string, parentId = 'p') => ({ parentId, uri })

async function open(t: TestContext, url = temporaryFile()) {
  const permission = createSqlitePermission({ url })
  t.after(() => permission.close())
  await permission.prepare()
  return permission
}

test('P7 P8 P9: removing takes what lies below, whatever its parent, and nothing beside', async (t) => {
  const permission = await open(t)
  const uris = ['/a/x_y', '/a/x_y/n/1', '/a/x_yz', '/a/xXy', '/a/x_y-z', '/A/x_y', '/a/x_y0', '/a/x_y.']
  const kept = async () => {
    const granted = await Promise.all(uris.map((uri) => permission.isGranted([{ ...at(uri), permission: 'read' }], ['ann'])))
    return uris.filter((_, index) => granted[index])
  }
  const grantAll = () => Promise.all(uris.flatMap((uri) => [permission.replace(at(uri), { read: ['ann'] })]))
  for (const remove of [
    () => permission.remove([at('/a/x_y')]),
    () => permission.run(permission.removeWork('p', '/a/'), ['x_y', 'unknown']),
  ]) {
    await grantAll()
    await permission.replace(at('/a/x_y/n/2', 'child'), { read: ['ann'] })
    await permission.replace(at('/a/x_y', 'q'), { read: ['ann'] })
    await remove()
    assert.deepEqual(await kept(), uris.slice(2))
    assert.deepEqual(await permission.permissionsOf(at('/a/x_y/n/2', 'child')), {})
    assert.deepEqual(await permission.permissionsOf(at('/a/x_y', 'q')), { read: ['ann'] })
  }
})

test('S12 P9: a storage of the same file commits permissions with its writes, of another file it says it cannot', async (t) => {
  const connections = createConnections()
  const url = temporaryFile()
  const storage = createSqliteStorage({ url, connections })
  const permission = createSqlitePermission({ url: `sqlite:${url}`, connections })
  t.after(() => Promise.all([storage.close(), permission.close()]))
  await Promise.all([storage.prepare([]), permission.prepare()])
  const collection = { parentId: 'p', resource: 'article' }
  const condition = { kind: 'none' } as const
  const join = [permission.replaceWork(at('/articles/a'), {}, { write: ['me'] })]
  assert.equal((await storage.put(collection, { id: 'a', body: '{}', condition, join })).outcome, 'created')
  assert.deepEqual(await permission.permissionsOf(at('/articles/a')), { write: ['me'] })
  assert.equal(
    (await storage.remove(collection, { id: 'a', condition, join: [permission.removeWork('p', '/articles/')] })).outcome,
    'removed',
  )
  assert.deepEqual(await permission.permissionsOf(at('/articles/a')), {})
  const foreign = (await open(t)).removeWork('p', '/articles/')
  assert.equal(storage.canJoin(foreign), false)
  await assert.rejects(storage.put(collection, { id: 'b', body: '{}', condition, join: [foreign] }), BackendError)
})

test('removal by URI seeks in an index, so its cost does not grow with the database', () => {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of schema.versions) database.exec(sql(''))
  for (const { sql } of [...removeStatements(at('/x')), ...removeIdsStatements('p', '/x/')]) {
    const plan = database.prepare(`explain query plan ${sql}`).all({})
    assert.ok(!plan.some(({ detail }) => /SCAN (p|permissions)\b/.test(String(detail))), sql)
  }
  database.close()
})
