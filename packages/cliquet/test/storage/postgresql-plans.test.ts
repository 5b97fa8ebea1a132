import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PostgresDatabase } from '../../src/drivers/postgresql/database.ts'
import { parsePostgresUrl } from '../../src/drivers/postgresql/location.ts'
import type { SqlStatement } from '../../src/drivers/postgresql/statement.ts'
import { createPostgresStorage } from '../../src/storage/postgresql/index.ts'
import { concernsTombstones, selectCount, selectPage, selectRows, type Tables } from '../../src/storage/postgresql/selection.ts'
import { StatementNames } from '../../src/storage/postgresql/statement-names.ts'
import type { Filter, Query } from '../../src/storage/query.ts'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'

const url = ownSchema('plans')
const articles = { parentId: 'alice', resource: 'article' }
const newestFirst = [{ field: 'last_modified', direction: 'descending' }] as const
const since: Filter = { field: 'last_modified', operator: 'gt', value: 19_990 }

describe('PostgreSQL query plans', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  let database: PostgresDatabase
  let tables: Tables

  before(async () => {
    const storage = createPostgresStorage({ url })
    await storage.prepare([{ name: 'article', uniqueFields: [], indexes: ['url', 'n.deep'] }])
    await storage.close()
    database = new PostgresDatabase(parsePostgresUrl(url))
    tables = { at: database.at, indexed: () => new Set(['url', 'n.deep']), names: new StatementNames(), pages: new Map() }
    const records = `${database.at}records`
    await runSql(
      url,
      `insert into ${records}(parent_id,resource,id,last_modified,data,item,deleted)
         select 'alice','article','id'||n,n,d,'{"id":"id'||n||'","last_modified":'||n||','||substr(d::text,2),n%3=0 from generate_series(1,20000) n,
         lateral (select jsonb_build_object('url','https://example.com/'||n,'n',jsonb_build_object('deep',n)) d) r`,
      `insert into ${database.at}collections values('alice','article',20000,13334)`,
      `analyze ${records}`,
    )
  })
  after(() => database.close())

  const query = (changes: Partial<Query>): Query => ({ filters: [], sort: newestFirst, limit: 100, ...changes })
  const page = (changes: Partial<Query>): SqlStatement =>
    selectPage(tables, articles, query(changes), { tombstones: concernsTombstones(changes.filters ?? []) })

  async function planOf({ text, values }: SqlStatement): Promise<string> {
    const rows = await database.query({ text: `explain ${text}`, values: values ?? [] })
    return rows.map(([line]) => line).join('\n')
  }

  /** As a prepared statement is planned in the long run: without knowing the values. */
  async function genericPlanOf({ text, values = [] }: SqlStatement): Promise<string> {
    return await database.atomically(async (session) => {
      await session.query({ text: 'set local plan_cache_mode=force_generic_plan' })
      await session.query({ text: `prepare generic as ${text}` })
      const given = values.map((value) => (typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`))
      const rows = await session.query({ text: `explain execute generic(${given.join(',')})` })
      await session.query({ text: 'deallocate generic' })
      return rows.map(([line]) => line).join('\n')
    })
  }

  async function walks(statement: SqlStatement, index: RegExp): Promise<void> {
    for (const plan of [await planOf(statement), await genericPlanOf(statement)]) {
      assert.match(plan, index)
      assert.doesNotMatch(plan, /Sort|Seq Scan on records/)
    }
  }

  test('S18 S19: a page by the default order walks the index of live records', () =>
    walks(page({}), /Index Scan( Backward)? using records_live/))

  test('S18: a deep page starts where it begins', () =>
    walks(page({ after: [5000] }), /records_live on records .*\n.*Index Cond: .*last_modified < /))

  test('S19: a poll walks the index of all timestamps from the one it knows', () =>
    walks(page({ filters: [since] }), /records_ts on records .*\n.*Index Cond: .*last_modified > /))

  test('S15 S18: filters on a declared field use its index, whatever the comparison', async () => {
    const filters: readonly Filter[] = [
      { field: 'url', operator: 'eq', value: 'https://example.com/7' },
      { field: 'url', operator: 'in', value: ['https://example.com/7', 'https://example.com/8'] },
      { field: 'url', operator: 'lt', value: 'https://example.com/10' },
      { field: 'n.deep', operator: 'eq', value: 7 },
      { field: 'n.deep', operator: 'lt', value: 7 },
    ]
    const byIndex = /Index Scan( Backward)? (using|on) field_/
    for (const filter of filters) {
      assert.match(await planOf(selectCount(tables, articles, [filter])), byIndex)
      // Of a comparison many may hold, and then the first page is found sooner by walking the collection.
      if (filter.operator !== 'lt') assert.match(await planOf(page({ filters: [filter] })), byIndex)
    }
  })

  test('S17: the order by a declared field walks its index', async () => {
    const sort = [{ field: 'url', direction: 'ascending' }, ...newestFirst] as const
    const plan = await planOf(selectRows(tables, articles, query({ sort }), { tombstones: false }))
    assert.match(plan, /Incremental Sort/)
    assert.match(plan, /Index Scan using field_/)
  })
})
