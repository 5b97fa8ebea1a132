import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import { createPostgresMigrations } from '../../src/drivers/postgresql/database.ts'
import { createPostgresStorage } from '../../src/storage/postgresql/index.ts'
import { schema } from '../../src/storage/postgresql/schema.ts'
import { StatementNames } from '../../src/storage/postgresql/statement-names.ts'
import { recordText, tombstoneText } from '../../src/storage/record.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('old')
const at = `"${new URL(url).searchParams.get('schema')}".`
const articles = { parentId: 'alice', resource: 'article' }
const newestFirst = [{ field: 'last_modified', direction: 'descending' }] as const

/** As version 2 kept them: the text of the fields from after the brace on. */
const oldRows = [
  { id: 'full', timestamp: 3, data: '{"title":"A \\"quoted\\" title"}', body: ',"title":"A \\"quoted\\" title"}', deleted: false },
  { id: 'empty "one"', timestamp: 2, data: '{}', body: '}', deleted: false },
  { id: 'gone', timestamp: 1, data: '{}', body: '}', deleted: true },
]

async function makeOldTables(): Promise<void> {
  const old = { ...schema, versions: schema.versions.slice(0, 2) }
  const migrations = createPostgresMigrations({ url, connections: createConnections() }, old)
  await migrations.apply()
  await migrations.close()
  const quoted = (text: string): string => `'${text}'`
  const rows = oldRows.map(({ id, timestamp, data, body, deleted }) =>
    [quoted('alice'), quoted('article'), quoted(id), timestamp, quoted(data), quoted(body), deleted].join(),
  )
  await runSql(
    url,
    `insert into ${at}records(parent_id,resource,id,last_modified,data,body,deleted) values ${rows.map((row) => `(${row})`).join()}`,
    `insert into ${at}collections values('alice','article',3,2)`,
  )
}

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('records of tables of version 2 are what they were, and can be written', async (t) => {
    await makeOldTables()
    const storage = createPostgresStorage({ url })
    t.after(() => storage.close())
    await storage.prepare([{ name: 'article', uniqueFields: ['title'] }])
    const [full, empty] = [recordText('full', 3, '{"title":"A \\"quoted\\" title"}'), recordText('empty "one"', 2, '{}')]
    const live = await storage.list(articles, { filters: [], sort: newestFirst, limit: 10 })
    assert.equal(live.json, `[${full},${empty}]`)
    const since = [{ field: 'last_modified', operator: 'gt', value: 0 }] as const
    const changes = await storage.list(articles, { filters: since, sort: newestFirst, limit: 10 })
    assert.equal(changes.json, `[${full},${empty},${tombstoneText('gone', 1)}]`)
    assert.equal((await storage.get(articles, 'full'))?.body, '{"title":"A \\"quoted\\" title"}')
    assert.equal((await storage.get(articles, 'empty "one"'))?.body, '{}')
    const replaced = await storage.put(articles, { id: 'empty "one"', body: '{"title":"new"}', condition: { kind: 'present' } })
    assert.ok(replaced.outcome === 'replaced')
    assert.equal(replaced.previous.body, '{}')
    const duplicate = await storage.put(articles, { id: 'other', body: '{"title":"new"}', condition: { kind: 'none' } })
    assert.ok(duplicate.outcome === 'duplicate')
    assert.deepEqual(duplicate.existing, replaced.record)
  })

  it('however many forms of queries clients invent, a connection keeps plans of so many only', () => {
    const names = new StatementNames()
    const first = names.of('select 1')
    const others = Array.from({ length: 1000 }, (_, number) => names.of(`select ${number + 2}`))
    assert.equal(new Set([first, ...others.filter((name) => name !== undefined)]).size, 256)
    assert.equal(names.of('select 1'), first)
    assert.equal(names.of('select 1001'), undefined)
  })
})
