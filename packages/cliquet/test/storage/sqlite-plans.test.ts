import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { SqlStatement } from '../../src/drivers/sqlite/connection.ts'
import type { Filter, Query } from '../../src/storage/query.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { concernsTombstones, selectCount, selectRecords } from '../../src/storage/sqlite/selection.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

const articles = { parentId: 'alice', resource: 'article' }
const newestFirst = [{ field: 'last_modified', direction: 'descending' }] as const
const since: Filter = { field: 'last_modified', operator: 'gt', value: 5 }
const url = createTemporaryFiles()()

async function openWithTables(): Promise<DatabaseSync> {
  const storage = createSqliteStorage({ url })
  await storage.prepare([{ name: 'article', uniqueFields: ['url'] }])
  await storage.close()
  const database = new DatabaseSync(url)
  database.function('like_ci', { deterministic: true }, () => 1)
  return database
}

function list(changes: Partial<Query>): SqlStatement {
  const query: Query = { filters: [], sort: newestFirst, limit: 100, ...changes }
  return selectRecords(articles, query, { tombstones: concernsTombstones(query.filters) })
}

const database = await openWithTables()

function planOf({ sql, params }: SqlStatement): string {
  const values = Array.isArray(params) ? params : []
  const rows = database.prepare(`explain query plan ${sql}`).all(...values)
  return rows.map(({ detail }) => String(detail)).join('; ')
}

function shows(statement: SqlStatement, index: string, seek: string): void {
  const plan = planOf(statement)
  assert.match(plan, new RegExp(`SEARCH records USING (COVERING )?INDEX ${index} \\(parent_id=\\? AND resource=\\?${seek}\\)`))
}

const inOrder = (statement: SqlStatement): void => assert.doesNotMatch(planOf(statement), /TEMP B-TREE/)

describe('SQLite query plans', () => {
  test('S18 S19: a page by the default order walks the index of live records, whatever the tombstones', () => {
    shows(list({}), 'records_live', '')
    inOrder(list({}))
  })

  test('S18: a deep page starts where it begins', () => {
    shows(list({ after: [7] }), 'records_live', ' AND last_modified<\\?')
    inOrder(list({ after: [7] }))
    shows(list({ after: [7], sort: [{ field: 'last_modified', direction: 'ascending' }] }), 'records_live', ' AND last_modified>\\?')
  })

  test('S19: a poll walks the index of all timestamps from the one it knows, its pages too', () => {
    shows(list({ filters: [since] }), 'records_ts', ' AND last_modified>\\?')
    inOrder(list({ filters: [since] }))
    shows(list({ filters: [since], after: [9] }), 'records_ts', ' AND last_modified>\\? AND last_modified<\\?')
    inOrder(list({ filters: [{ field: 'last_modified', operator: 'gt', value: 5.5 }] }))
  })

  test('S22: a few ids are looked up, many are met on the way', () => {
    const few = ['a', 'b']
    const many = Array.from({ length: 2000 }, (_, i) => `${i}`)
    for (const changes of [{}, { after: [7] }, { filters: [since] }])
      shows(list({ ...changes, ids: few }), 'sqlite_autoindex_records_1', ' AND id=\\?')
    shows(list({ filters: [{ field: 'id', operator: 'in', value: few }] }), 'sqlite_autoindex_records_1', ' AND id=\\?')
    shows(list({ ids: many }), 'records_live', '')
    inOrder(list({ ids: many }))
  })

  test('a count by timestamp reads the index only', () => {
    shows(selectCount(articles, [since], undefined), 'records_live', ' AND last_modified>\\?')
  })

  test('an index on the expressions of a field serves its sort and its filter', () => {
    const byTitle = list({ sort: [{ field: 'title', direction: 'ascending' }, ...newestFirst] })
    assert.match(planOf(byTitle), /TEMP B-TREE/)
    const [rank, value] = /order by (.*),last_modified desc/.exec(byTitle.sql)?.[1]?.split(/,(?=ifnull)/) ?? []
    database.exec(`create index by_title on records(parent_id, resource, ${rank}, ${value}, last_modified desc) where deleted=0`)
    shows(byTitle, 'by_title', '')
    inOrder(byTitle)
    database.exec('drop index by_title')
  })

  test('S11: the other owner of a unique value is found by the index that refused', () => {
    const path = `'$."url"'`
    const rows = `resource='article' and deleted=0 and data->>${path} is not null`
    const sql = `select id from records where parent_id=? and data->${path}=(?->${path}) and ${rows}`
    assert.match(planOf({ sql, params: ['alice', '{"url":1}'] }), /USING INDEX unique \["article","url"\] \(parent_id=\? AND <expr>=\?\)/)
  })
})
