import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newestFirst, oldestFirst } from '../../src/storage/conformance/steps.ts'
import { concernsTombstones, selectPage, type Tables } from '../../src/storage/postgresql/selection.ts'
import { StatementNames } from '../../src/storage/postgresql/statement-names.ts'
import type { Filter, Query } from '../../src/storage/query.ts'

const freshTables = (): Tables => ({
  at: 'cliquet.',
  indexed: (resource) => new Set(resource === 'article' ? ['url'] : []),
  names: new StatementNames(),
  pages: new Map(),
})

const since = (value: Filter['value'], operator: Filter['operator'] = 'gt'): Filter => ({ field: 'last_modified', operator, value })

const changes: readonly Partial<Query>[] = [
  {},
  { limit: 10_000 },
  { sort: oldestFirst },
  { filters: [since(5)] },
  { filters: [since(5.5)] },
  { filters: [since(Number.MAX_VALUE)] },
  { filters: [since('5')] },
  { filters: [since(5, 'min')] },
  { filters: [since(5), since(9, 'lt')] },
  { filters: [{ field: 'title', operator: 'gt', value: 5 }] },
  { ids: ['a'] },
  { after: [7] },
]

test('A page is selected in the same way whatever pages were selected before', () => {
  const tables = freshTables()
  for (const resource of ['article', 'author', 'article']) {
    for (const [number, change] of [...changes, ...changes].entries()) {
      const query: Query = { filters: [], sort: newestFirst, limit: number + 1, ...change }
      const taking = { tombstones: concernsTombstones(query.filters) }
      const select = (to: Tables) => selectPage(to, { parentId: `parent ${number}`, resource }, query, taking)
      const { text, values, name } = select(freshTables())
      const again = select(tables)
      assert.deepEqual([again.text, again.values], [text, values])
      assert.equal(again.name !== undefined, name !== undefined)
    }
  }
  assert.ok(tables.pages.size > 0)
})
