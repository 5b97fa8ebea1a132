import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { createConnections } from '../../src/drivers/connections.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import type { ResourceDeclaration, Storage } from '../../src/storage/contract.ts'
import type { IndexMigrations } from '../../src/storage/index-migrations.ts'
import { createMigrations, createStorage } from '../../src/storage/postgresql/index.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const article: ResourceDeclaration = { name: 'article', uniqueFields: ['url'], indexes: ['author.name'] }

let count = 0

/** A schema with the tables of a storage, and five articles. */
async function filled(t: TestContext) {
  count += 1
  const url = ownSchema(`indexes${count}`)
  const schema = new URL(url).searchParams.get('schema') ?? ''
  const storage = await opened(t, url, [{ name: 'article', uniqueFields: [] }])
  for (const id of ['a', 'b', 'c', 'd', 'e']) await put(storage, id)
  const found = () =>
    runSql(
      url,
      `select c.relname,i.indisvalid,obj_description(c.oid,'pg_class'),c.oid from pg_index i join pg_class c on c.oid=i.indexrelid
         where c.relnamespace=to_regnamespace('"${schema}"') and c.relname like 'field\\_%' order by 3`,
    )
  return { url, schema, storage, found, labels: async () => (await found()).map(([, , label]) => label) }
}

async function opened(t: TestContext, url: string, resources: readonly ResourceDeclaration[]): Promise<Storage> {
  const storage = createStorage({ url, clock: systemClock, connections: createConnections() })
  t.after(() => storage.close())
  await storage.prepare(resources)
  return storage
}

const put = (storage: Storage, id: string, parentId = 'ann', value = id) =>
  storage.put({ parentId, resource: 'article' }, { id, body: `{"url":"${value}"}`, condition: { kind: 'none' } })

/** The migrations of these resources' indexes, as the command `migrate` has them. */
function migrations(t: TestContext, url: string, ...resources: readonly ResourceDeclaration[]): IndexMigrations {
  const opening = createMigrations({ url, clock: systemClock, connections: createConnections() })
  t.after(() => opening.close())
  return opening.indexes?.(resources) ?? assert.fail('the storage makes indexes')
}

async function applied(indexes: IndexMigrations): Promise<readonly string[]> {
  const done: string[] = []
  await indexes.apply(({ title }) => void done.push(title))
  return done
}

/** A transaction of somebody who has written to the records: an index that is made beside writers waits for it, one that keeps them waiting too. */
async function openWriter(t: TestContext, url: string, schema: string) {
  const address = new URL(url)
  address.searchParams.delete('schema')
  const client = new Client({ connectionString: address.href })
  await client.connect()
  t.after(() => client.end())
  await client.query('begin')
  await client.query(`update "${schema}".records set last_modified=last_modified where id='a'`)
  return { commit: () => client.query('commit') }
}

/** The process of the server that makes an index in that schema, once it does. */
async function making(url: string, schema: string): Promise<string> {
  for (let i = 0; i < 400; i += 1) {
    const [row] = await runSql(
      url,
      `select pid from pg_stat_activity where state='active' and query like 'create % index concurrently %"${schema}"%' and pid<>pg_backend_pid()`,
    )
    if (row?.[0] !== undefined) return row[0]
    await sleep(50)
  }
  assert.fail('nobody makes an index')
}

const labelOf = (kind: string, field: string, resource = 'article') => `cliquet ${JSON.stringify([kind, resource, field])}`
const both = [labelOf('filters', 'author.name'), labelOf('unique', 'url')]
const titles = ['unique index of url of article', 'index of author.name of article']

describe('indexes of fields on PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('S26: they can be seen, are made beforehand, and a start then finds them', async (t) => {
    const { url, found, labels } = await filled(t)
    const indexes = migrations(t, url, article)
    const pending = await indexes.pending()
    assert.deepEqual(
      pending.map(({ title }) => title),
      titles,
    )
    for (const { sql } of pending) assert.match(sql, /^create (unique )?index concurrently "field_\w+" on .*;\ncomment on index .*;$/)
    assert.deepEqual(await labels(), [])

    assert.deepEqual(await applied(indexes), titles)
    const made = await found()
    assert.deepEqual(
      made.map(([, valid, label]) => [valid, label]),
      both.map((label) => ['t', label]),
    )
    assert.deepEqual([await indexes.pending(), await applied(indexes)], [[], []])
    const storage = await opened(t, url, [article])
    assert.deepEqual(await found(), made)
    assert.equal((await put(storage, 'f', 'ann', 'a')).outcome, 'duplicate')
  })

  it('the SQL that is shown does the same', async (t) => {
    const { url, labels } = await filled(t)
    const indexes = migrations(t, url, article)
    for (const { sql } of await indexes.pending()) await runSql(url, ...sql.split('\n'))
    assert.deepEqual([await labels(), await indexes.pending()], [both, []])
  })

  it('others write while one is made, and a start that needs it waits without being in its way', { timeout: 60_000 }, async (t) => {
    const { url, schema, storage, labels } = await filled(t)
    const writer = await openWriter(t, url, schema)
    const applying = applied(migrations(t, url, article))
    await making(url, schema)
    const starting = opened(t, url, [article])
    await sleep(500)
    for (const id of ['f', 'g', 'h']) assert.equal((await put(storage, id)).outcome, 'created')
    await writer.commit()
    assert.deepEqual(await applying, titles)
    assert.equal((await put(await starting, 'i', 'ann', 'f')).outcome, 'duplicate')
    assert.deepEqual(await labels(), both)
  })

  it('what an interrupted run has left is taken away, and made anew', { timeout: 60_000 }, async (t) => {
    const { url, schema, found, labels } = await filled(t)
    const writer = await openWriter(t, url, schema)
    const indexes = migrations(t, url, article)
    const failing = assert.rejects(applied(indexes))
    await runSql(url, `select pg_terminate_backend(${await making(url, schema)})`)
    await failing
    await writer.commit()
    const left = await found()
    assert.deepEqual(
      left.map(([, valid, label]) => [valid, label]),
      [['f', null]],
    )
    assert.deepEqual(
      (await indexes.pending()).map(({ title }) => title),
      ['what an interrupted run has left', ...titles],
    )
    assert.deepEqual(await applied(indexes), ['what an interrupted run has left', ...titles])
    assert.deepEqual(await labels(), both)
  })

  it('S26: a start makes anew what an interrupted run has left', async (t) => {
    const { url, schema, labels, found } = await filled(t)
    await applied(migrations(t, url, article))
    const [unique] = (await found()).filter(([, , label]) => label === labelOf('unique', 'url'))
    await runSql(
      url,
      `comment on index "${schema}"."${unique?.[0]}" is null`,
      `update pg_index set indisvalid=false where indexrelid=${unique?.[3]}`,
    )
    const storage = await opened(t, url, [article])
    assert.deepEqual(await labels(), both)
    assert.ok((await found()).every(([, valid]) => valid === 't'))
    assert.equal((await put(storage, 'f', 'ann', 'a')).outcome, 'duplicate')
  })

  it('an index that was made and not labelled is not made again', async (t) => {
    const { url, schema, found } = await filled(t)
    const indexes = migrations(t, url, article)
    await applied(indexes)
    const made = await found()
    for (const [name] of made) await runSql(url, `comment on index "${schema}"."${name}" is null`)
    assert.deepEqual(
      await applied(indexes),
      titles.map((title) => `label of the ${title}`),
    )
    assert.deepEqual(await found(), made)
  })

  it('S26: values that are double are named, and nothing is left of the index', async (t) => {
    const { url, storage, labels } = await filled(t)
    await put(storage, 'x', 'bob', 'same')
    await put(storage, 'y', 'bob', 'same')
    await assert.rejects(applied(migrations(t, url, article)), /url of article can't be unique: the records x and y of parent "bob"/)
    assert.deepEqual(await labels(), [])
  })

  it('S26: values that become double while it is made are named, and nothing is left of the index', { timeout: 60_000 }, async (t) => {
    const { url, schema, storage, found } = await filled(t)
    const writer = await openWriter(t, url, schema)
    const applying = assert.rejects(
      applied(migrations(t, url, article)),
      /url of article can't be unique: the records x and y of parent "bob"/,
    )
    await making(url, schema)
    await put(storage, 'x', 'bob', 'same')
    await put(storage, 'y', 'bob', 'same')
    await writer.commit()
    await applying
    assert.deepEqual(await found(), [])
  })

  it('of two processes at once one waits for the other', { timeout: 60_000 }, async (t) => {
    const { url, labels } = await filled(t)
    const done = await Promise.all([1, 2, 3].map(() => applied(migrations(t, url, article))))
    assert.deepEqual(done.flat().toSorted(), titles.toSorted())
    assert.deepEqual(await labels(), both)
  })

  it('those that are declared no more go, those of other resources stay', async (t) => {
    const { url, labels } = await filled(t)
    const other: ResourceDeclaration = { name: 'other', uniqueFields: ['code'] }
    await applied(migrations(t, url, article, other))
    const less = migrations(t, url, { name: 'article', uniqueFields: [], indexes: ['author.name'] })
    assert.match((await less.pending())[0]?.sql ?? '', /^drop index concurrently if exists /)
    assert.deepEqual(await applied(less), ['unique index of url of article, which is declared no more'])
    assert.deepEqual(await labels(), [labelOf('filters', 'author.name'), labelOf('unique', 'code', 'other')])
  })
})
