import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { leasePostgresDatabase, type PostgresDatabase } from '../../src/drivers/postgresql/database.ts'
import type { PostgresSession } from '../../src/drivers/postgresql/session.ts'
import type { PostgresTransaction } from '../../src/drivers/postgresql/transaction.ts'
import { BackendError } from '../../src/errors/backend-error.ts'
import { createGrants } from '../../src/permission/postgresql/grants.ts'
import { createPostgresPermission } from '../../src/permission/postgresql/index.ts'
import { createPostgresStorage } from '../../src/storage/postgresql/index.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('permission_backend')
const schema = new URL(url).searchParams.get('schema')
const at = (uri: string, parentId = 'p') => ({ parentId, uri })
const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)

async function open(t: TestContext) {
  const connections = createConnections()
  const permission = createPostgresPermission({ url, connections })
  const { value: database, release } = leasePostgresDatabase({ url, connections })
  t.after(() => Promise.all([permission.close(), release()]))
  await permission.prepare()
  await permission.flush()
  return { permission, database }
}

/** How many blocks of the table and of its indexes the work looks at; index entries that are passed over count, too. */
async function blocksRead(database: PostgresDatabase, work: (transaction: PostgresTransaction) => Promise<void>): Promise<number> {
  const transaction = await database.begin()
  try {
    const text =
      'select sum(pg_stat_get_xact_blocks_fetched(oid)) from pg_class ' +
      `where oid='"${schema}".permissions'::regclass or oid in (select indexrelid from pg_index where indrelid='"${schema}".permissions'::regclass)`
    const count = async () => Number((await transaction.query({ text }))[0]?.[0])
    const before = await count()
    await work(transaction)
    return (await count()) - before
  } finally {
    await transaction.rollback()
  }
}

/** Grants on many objects and, on one of them, of many principals. Analysed, as autovacuum may have done before at a worse moment. */
const plant = (objects: number): Promise<unknown> =>
  runSql(
    url,
    `insert into "${schema}".permissions(parent_id,uri,permission,principal) ` +
      `select 'p','/many/'||n,'read','user'||(n%7) from generate_series(1,${objects}) n`,
    `insert into "${schema}".permissions(parent_id,uri,permission,principal) select 'p','/many/17','read','reader'||n from generate_series(1,20000) n`,
    `insert into "${schema}".permissions(parent_id,uri,permission,principal) values('p','/many/17','write','ann')`,
    `analyze "${schema}".permissions`,
  )

/** As a session of a distributed database is, for statements that are made for it; any database can run them. */
const distributed = (database: PostgresDatabase): PostgresSession => ({
  database,
  distributed: true,
  query: (statement) => database.query(statement),
  atomically: (work) => database.atomically(work),
})

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('P1 P3 P4: principals and users may be longer than an index takes', async (t) => {
    const { permission } = await open(t)
    const random = numbers(4000)
      .map((i) => String.fromCodePoint(33 + ((i * i * 7) % 5000)))
      .join('')
    const long = [random, `${random}x`, 'b'.repeat(255), 'b'.repeat(256), '\u0001']
    await permission.replace(at('/a/1'), { read: [...long, 'ann'], write: [random] })
    assert.deepEqual(await permission.permissionsOf(at('/a/1')), { read: [...long, 'ann'].sort(), write: [random] })
    for (const principal of long) {
      assert.equal(await permission.isGranted([{ ...at('/a/1'), permission: 'read' }], [principal]), true)
      assert.deepEqual(await permission.accessible(at('/a'), ['read'], [principal]), ['1'])
      await permission.addUserPrincipal(random, principal)
    }
    assert.equal(await permission.isGranted([{ ...at('/a/1'), permission: 'read' }], [`${random}y`, 'b'.repeat(254)]), false)
    assert.deepEqual([...(await permission.principalsOf(random))].sort(), [...long].sort())
    assert.deepEqual(await permission.principalsOf(`${random}x`), [])
    await permission.removeUserPrincipal(random, random)
    await permission.removePrincipal(`${random}x`)
    assert.deepEqual([...(await permission.principalsOf(random))].sort(), long.slice(2).sort())
    await permission.replace(at('/a/1'), { read: [`${random}x`] })
    assert.deepEqual(await permission.permissionsOf(at('/a/1')), { read: [`${random}x`], write: [random] })
  })

  it('P3: of replacements at once one is the result, not a mixture', async (t) => {
    const { permission } = await open(t)
    for (const uri of ['/a/1', '/a/2', '/a/3']) {
      await Promise.all(numbers(12).map((i) => permission.replace(at(uri), { read: [`r${i}`, `s${i}`], write: [`w${i}`] })))
      const { read = [], write } = await permission.permissionsOf(at(uri))
      assert.deepEqual([read.map((name) => name.slice(1)), read.length], [[write?.[0]?.slice(1), write?.[0]?.slice(1)], 2])
    }
  })

  it('S30 P7 P9: nobody waits for somebody who waits for him', { timeout: 60_000 }, async (t) => {
    const { permission } = await open(t)
    const trees = ['/a', '/a/1', '/a/1/b/1', '/a/1/b', '/a/2']
    const names = ['ann', 'bob', 'eve', 'zoe']
    const change = (i: number) => ({ read: names.slice(i % 4), write: [...names].reverse().slice(i % 3), x: [] })
    const begun = performance.now()
    await Promise.all(
      numbers(400).map((i) => {
        const object = at(trees[i % trees.length] ?? '', `p${i % 2}`)
        if (i % 4 === 0) return permission.remove([object, at('/a/2'), at('/a', 'p1')].slice(i % 3))
        if (i % 4 === 1) return permission.replace(object, change(i))
        if (i % 4 === 2) return permission.run(permission.replaceWork(object, {}, change(i + 1)), [])
        return permission.run(permission.removeWork(object.parentId, '/a/'), ['2', '1'])
      }),
    )
    assert.ok(performance.now() - begun < 20_000)
  })

  it('P7: of objects that lie below one another all are removed, whatever their order and parents', async (t) => {
    const { permission } = await open(t)
    const objects = [at('/a/1/b', 'q'), at('/a'), at('/a/1'), at('/a-b/1'), at('/a-b', 'q'), at('/a/1/b')]
    for (const chosen of [objects, [...objects].reverse()]) {
      for (const object of [...objects, at('/a-c')]) await permission.replace(object, { read: ['ann'] })
      await permission.remove(chosen)
      for (const object of objects) assert.deepEqual(await permission.permissionsOf(object), {}, object.uri)
      assert.deepEqual(await permission.permissionsOf(at('/a-c')), { read: ['ann'] })
    }
  })

  it('P7: a removal reads what it removes, however much there is', async (t) => {
    const { permission, database } = await open(t)
    await plant(30_000)
    await permission.replace(at('/many/16/below/1', 'elsewhere'), { read: ['ann'] })
    const read = await blocksRead(database, async (transaction) => {
      const session = permission.within(transaction)
      await session?.remove([at('/many/16')])
      await session?.run(permission.removeWork('p', '/many/'), ['18', '19', 'unknown'])
      assert.deepEqual(await session?.permissionsOf(at('/many/16/below/1', 'elsewhere')), {})
    })
    assert.ok(read < 100, `${read} blocks`)
  })

  it('P4 P6: what a principal may see is found without reading what others may see', async (t) => {
    const { permission, database } = await open(t)
    await plant(30_000)
    const read = await blocksRead(database, async (transaction) => {
      const session = permission.within(transaction)
      assert.deepEqual(await session?.accessible(at('/many'), ['read', 'write'], ['ann', 'group']), ['17'])
      assert.equal(await session?.isGranted([{ ...at('/many/17'), permission: 'read' }], ['ann', 'user8']), false)
      assert.equal(await session?.isGranted([{ ...at('/many/17'), permission: 'read' }], ['ann', 'reader499']), true)
    })
    assert.ok(read < 60, `${read} blocks`)
  })

  it('statements are planned for a table that fills: the first ones, too, take the index', async (t) => {
    const fresh = ownSchema('permission_fresh')
    const permission = createPostgresPermission({ url: fresh, pool: { size: 1 } })
    t.after(() => permission.close())
    await permission.prepare()
    const [[pages, tuples] = []] = await runSql(
      url,
      `select relpages,reltuples from pg_class where oid='"${new URL(fresh).searchParams.get('schema')}".permissions'::regclass`,
    )
    assert.deepEqual([pages, tuples], ['0', '-1'], 'unknown, so not as few as there are')
  })

  it('P4: on a distributed database no more is granted than was asked for', async (t) => {
    const { permission, database } = await open(t)
    await permission.replace(at('/a/1'), { read: ['ann'] })
    await permission.replace(at('/a/2', 'q'), { write: ['ann'] })
    const { isGranted } = createGrants({ database, at: database.at, open: () => distributed(database) })
    const grant = (uri: string, parentId: string, name: string) => ({ ...at(uri, parentId), permission: name })
    assert.equal(await isGranted([grant('/a/1', 'p', 'read'), grant('/a/2', 'q', 'read')], ['ann']), true)
    const crossed = [grant('/a/1', 'q', 'write'), grant('/a/2', 'p', 'read'), grant('/a/1', 'p', 'write'), grant('/a/2', 'q', 'read')]
    assert.equal(await isGranted(crossed, ['ann']), false)
    assert.equal(await isGranted([grant('/a/1', 'p', 'read')], ['bob']), false)
  })

  it('S12 P9: a storage of another schema says that it cannot join', async (t) => {
    const { permission } = await open(t)
    const storage = createPostgresStorage({ url })
    t.after(() => storage.close())
    await storage.prepare([])
    const work = permission.removeWork('p', '/articles/')
    assert.equal(storage.canJoin(work), false, 'connections of its own are a database of its own')
    const put = { id: 'a', body: '{}', condition: { kind: 'none' }, join: [work] } as const
    await assert.rejects(storage.put({ parentId: 'p', resource: 'article' }, put), BackendError)
    await assert.rejects(permission.run({ database: {} }, []), BackendError)
  })

  it('P7: on a distributed database removing takes the same', async (t) => {
    const { permission, database } = await open(t)
    const { remove, removeWork, run } = createGrants({ database, at: database.at, open: () => distributed(database) })
    const objects = [at('/a/1'), at('/a/1/b/2', 'q'), at('/a/2'), at('/a/2/b', 'q'), at('/a/2', 'q'), at('/a/10'), at('/a/1-')]
    for (const object of objects) await permission.replace(object, { read: ['ann'] })
    await remove([at('/a/1'), at('/x', 'q')])
    await run(removeWork('p', '/a/'), ['2', '3'])
    const left = await Promise.all(objects.map((object) => permission.isGranted([{ ...object, permission: 'read' }], ['ann'])))
    assert.deepEqual(left, [false, false, false, false, true, true, true])
  })

  it('P10: a closed backend fails with BackendError, in a transaction too', async (t) => {
    const { permission, database } = await open(t)
    const transaction = await database.begin()
    const session = permission.within(transaction)
    await permission.close()
    try {
      assert.ok(session)
      for (const closed of [permission, session]) {
        await assert.rejects(closed.permissionsOf(at('/a')), BackendError)
        await assert.rejects(closed.isGranted([], []), BackendError)
        await assert.rejects(closed.replace(at('/a'), { read: ['ann'] }), BackendError)
        await assert.rejects(closed.remove([]), BackendError)
      }
    } finally {
      await transaction.rollback()
    }
  })
})
