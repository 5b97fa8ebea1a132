import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterCondition, filterCondition, orderTerms } from '../../../src/drivers/sql/conditions.ts'
import { dottedPath } from '../../../src/drivers/sql/dotted-path.ts'
import { sqliteDialect } from '../../../src/storage/sqlite/dialect.ts'

const live = { dialect: sqliteDialect, tombstones: false }
const all = { dialect: sqliteDialect, tombstones: true }

test('R7.10: comparisons with last_modified bind integers only, everything else is decided beforehand', () => {
  const compare = (operator: 'lt' | 'max' | 'gt' | 'min' | 'eq' | 'not', value: number | string | null) =>
    filterCondition(live, { field: 'last_modified', operator, value })
  assert.deepEqual(compare('gt', 5), { text: 'last_modified > ?', params: [5] })
  assert.deepEqual(compare('min', 5.5), { text: 'last_modified > ?', params: [5] })
  assert.deepEqual(compare('lt', 5.5), { text: 'last_modified <= ?', params: [5] })
  assert.deepEqual([compare('eq', 5.5), compare('not', 5.5), compare('lt', 1e300), compare('gt', -1e300)], [false, true, true, true])
  assert.deepEqual([compare('lt', 'text'), compare('gt', 'text'), compare('gt', null)], [false, true, true])
})

test('R7.14 R8.4: deleted is true in tombstones and absent in records', () => {
  const deleted = (context: typeof live, operator: 'eq' | 'not' | 'has' | 'like', value: boolean | string) =>
    filterCondition(context, { field: 'deleted', operator, value })
  assert.deepEqual(deleted(all, 'eq', true), { text: 'deleted=1', params: [] })
  assert.deepEqual(deleted(all, 'not', true), { text: 'deleted=0', params: [] })
  assert.deepEqual(deleted(all, 'like', 'TR*'), { text: 'deleted=1', params: [] })
  assert.deepEqual(
    [deleted(all, 'eq', false), deleted(live, 'eq', true), deleted(live, 'not', true), deleted(live, 'has', false)],
    [false, false, true, true],
  )
  assert.deepEqual(orderTerms(live, [{ field: 'deleted', direction: 'ascending' }]), [])
})

test('R8.8: what comes after an item begins with a condition on the first key', () => {
  const sort = [
    { field: 'id', direction: 'ascending' },
    { field: 'last_modified', direction: 'descending' },
  ] as const
  assert.deepEqual(afterCondition(live, sort, ['x', 9]), { text: '(id >= ? and (id > ? or last_modified < ?))', params: ['x', 'x', 9] })
  assert.equal(afterCondition(live, sort.slice(1), [undefined]) === true, true)
})

test('R7.6: a dotted name of many parts makes no endless statement', () => {
  const dialect = { literal: (keys: readonly string[]) => keys.join('/'), exists: (keys: readonly string[]) => `${keys.join('/')}?` }
  assert.equal(dottedPath('a.b', dialect), 'case when a.b? then a.b when a? then a/b else a.b end')
  assert.ok(dottedPath(Array.from({ length: 40 }, (_, i) => i).join('.'), dialect).length < 50_000)
})
