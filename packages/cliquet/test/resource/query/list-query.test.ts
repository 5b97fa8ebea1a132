import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HttpError } from '../../../src/errors/http-error.ts'
import { InvalidParameters } from '../../../src/errors/invalid-parameters.ts'
import { checkQueryShape } from '../../../src/resource/query/integers.ts'
import { type ListQueryOptions, parseListQuery } from '../../../src/resource/query/list-query.ts'
import { parseQueryString } from '../../../src/resource/query/query-string.ts'
import type { Filter, Sort } from '../../../src/storage/query.ts'

const now = 1_500_000_000_000
const day = 86_400_000
const open: ListQueryOptions = { knownField: () => true, maxFetchSize: 10_000, now }
const closed: ListQueryOptions = { ...open, knownField: (root) => root === 'title' || root === 'author' }

const parse = (text: string, options = open) => parseListQuery(parseQueryString(text), options)

const filter = (field: string, operator: Filter['operator'], value: Filter['value']): Filter => ({ field, operator, value })

const filters: [rules: string, text: string, ...filters: Filter[]][] = [
  ['R7.1', 'status=3', filter('status', 'eq', 3)],
  ['R7.1', 'a=1&b=2&a=3', filter('a', 'eq', 1), filter('b', 'eq', 2), filter('a', 'eq', 3)],
  ['R7.1', '+title+=x+y', filter('title', 'eq', 'x y')],
  ['R5.5 R7.1', '_format=xml&_expected=1&__proto__=1'],
  ['R7.2', 'eq_a=1', filter('a', 'eq', 1)],
  ['R7.2', 'not_a=1', filter('a', 'not', 1)],
  ['R7.2', 'lt_a=1', filter('a', 'lt', 1)],
  ['R7.2', 'max_a=1', filter('a', 'max', 1)],
  ['R7.2', 'gt_a=1', filter('a', 'gt', 1)],
  ['R7.2', 'min_a=1', filter('a', 'min', 1)],
  ['R7.2', 'contains_any_a=1', filter('a', 'contains_any', [1])],
  ['R7.2', 'contains_any=1', filter('any', 'contains', [1])],
  ['R7.2', 'eq_in_stock=1', filter('in_stock', 'eq', 1)],
  ['R7.2', 'in_stock=1', filter('stock', 'in', [1])],
  ['R7.2', 'in_=1', filter('in_', 'eq', 1)],
  ['R7.2', 'min_a-b=1', filter('min_a-b', 'eq', 1)],
  ['R7.2', 'gt_gr%C3%B6%C3%9Fe=1', filter('größe', 'gt', 1)],
  ['R7.2', 'LT_a=1', filter('LT_a', 'eq', 1)],
  ['R7.2', 'eq___proto__=1&constructor=2', filter('__proto__', 'eq', 1), filter('constructor', 'eq', 2)],
  ['R7.2', 'has_a=true', filter('a', 'has', true)],
  ['R7.2', 'has_a=x', filter('a', 'has', true)],
  ...['false', '0', 'null', '', '""'].map((value): [string, string, Filter] => ['R7.2', `has_a=${value}`, filter('a', 'has', false)]),
  ['R7.3', 'a=%22%31%22', filter('a', 'eq', '1')],
  ['R7.3', 'a=true', filter('a', 'eq', true)],
  ['R7.3', 'a=null', filter('a', 'eq', null)],
  ['R7.3', 'a=[1,2]', filter('a', 'eq', [1, 2])],
  ['R7.3', 'a={"y":1,"x":2}', filter('a', 'eq', { x: 2, y: 1 })],
  ['R7.3', 'a=abc', filter('a', 'eq', 'abc')],
  ['R7.3', 'a=0566', filter('a', 'eq', '0566')],
  ['R7.3', 'a=1.2.3', filter('a', 'eq', '1.2.3')],
  ['R7.3', 'a="2.0"', filter('a', 'eq', '2.0')],
  ['R7.3', 'a=', filter('a', 'eq', '')],
  ['R7.3 R0.3', 'a=1e999', filter('a', 'eq', '1e999')],
  ['R7.3 R0.3', 'a=NaN', filter('a', 'eq', 'NaN')],
  ['R7.4', 'in_id=abc,', filter('id', 'in', ['abc', ''])],
  ['R7.4', 'exclude_a=1,"1",x', filter('a', 'exclude', [1, '1', 'x'])],
  ['R7.4', 'in_a=[1,"x"]', filter('a', 'in', [1, 'x'])],
  ['R7.4', 'in_a=[]', filter('a', 'in', [])],
  ['R7.5', 'contains_a=["x","y"]', filter('a', 'contains', ['x', 'y'])],
  ['R7.5', 'contains_a={"x":1}', filter('a', 'contains', [{ x: 1 }])],
  ['R7.5', 'contains_a=x,y', filter('a', 'contains', ['x,y'])],
  ['R7.6', 'gt_a.b.c=1', filter('a.b.c', 'gt', 1)],
  ['R7.6', 'a.b.c.d.e.f.g.h=1', filter('a.b.c.d.e.f.g.h', 'eq', 1)],
  ['R7.8', 'like_a=M*l', filter('a', 'like', 'M*l')],
  ['R7.8', 'like_a="1"', filter('a', 'like', '1')],
  ['R7.9', 'id="12"', filter('id', 'eq', '12')],
  ['R7.9', 'has_id=true', filter('id', 'has', true)],
  ['R7.10', 'last_modified=123', filter('last_modified', 'eq', 123)],
  ['R7.10', 'gt_last_modified="123"', filter('last_modified', 'gt', 123)],
  ['R7.10', 'not_last_modified="123"', filter('last_modified', 'not', 123)],
  ['R7.10', 'in_last_modified=1,"2",', filter('last_modified', 'in', [1, 2])],
  ['R7.10', 'exclude_last_modified=[1,"2"]', filter('last_modified', 'exclude', [1, 2])],
  ['R7.10', 'has_last_modified=no', filter('last_modified', 'has', true)],
  ['R7.10', `_since=${now + day - 1}`, filter('last_modified', 'gt', now + day - 1)],
  ['R7.11', '_since=5', filter('last_modified', 'gt', 5)],
  ['R7.11', '_since="5"', filter('last_modified', 'gt', 5)],
  ['R7.11', '_before=5', filter('last_modified', 'lt', 5)],
  ['R7.11', '_to=5', filter('last_modified', 'lt', 5)],
  ['R7.11', '_since=null&_before=null&_to=null'],
  ['R7.14', 'deleted=true', filter('deleted', 'eq', true)],
  ['R7.14', 'not_deleted=true', filter('deleted', 'not', true)],
]

const fault = (name: string | null, description: string, location = 'querystring') => [{ location, name, description }]

const refused: [rules: string, text: string, faults: readonly object[]][] = [
  ['R7.8 R3.6', 'like_x=1', fault('like_x', 'Invalid value for like_x')],
  ['R7.9', 'id=12', fault('id', 'Invalid value for id')],
  ['R7.9', 'in_id=1,2', fault('in_id', 'Invalid value for in_id')],
  ['R7.9', 'exclude_id=a,2', fault('exclude_id', 'Invalid value for exclude_id')],
  ['R7.9 R3.6', 'contains_id="x"', fault('contains_id', "Field 'id' is not an array")],
  ['R7.9', 'contains_any_last_modified=1', fault('contains_any_last_modified', "Field 'last_modified' is not an array")],
  ['R7.10', 'last_modified=abc', fault('last_modified', '"abc" is not a number')],
  ['R7.10', 'last_modified=', fault('last_modified', '"" is not a number')],
  ['R7.10', 'gt_last_modified=', fault('gt_last_modified', 'Invalid value for gt_last_modified')],
  ['R7.10', 'in_last_modified=', fault('in_last_modified', 'Invalid value for in_last_modified')],
  ['R7.10', 'gt_last_modified=123"', fault('gt_last_modified', 'Invalid value for gt_last_modified')],
  ['R7.10', 'in_last_modified=1,x', fault('in_last_modified', 'Invalid value for in_last_modified')],
  ['R7.10', 'gt_last_modified=1.5', fault('gt_last_modified', 'Invalid value for gt_last_modified')],
  ['R7.10', 'min_last_modified=-1', fault('min_last_modified', 'Invalid value for min_last_modified')],
  ['R7.10', `_since=${now + day}`, fault('_since', 'Invalid value for _since')],
  ['R7.10', 'like_last_modified=1', fault('like_last_modified', 'Invalid value for like_last_modified')],
  ['R7.10', '_since=-1', fault('_since', '-1 is less than minimum value 0')],
  ['R7.10', '_before=', fault('_before', '"" is not a number')],
  ['R7.12 R3.6', 'a=x%00', fault('a', 'Invalid character 0x00')],
  ['R7.12', 'a%00=x', fault('a\0', 'Invalid character 0x00')],
  ['R7.12', 'a={"b":["\\u0000"]}', fault('a', 'Invalid character 0x00')],
  ['R7.12', 'a={"\\u0000":1}', fault('a', 'Invalid character 0x00')],
  ['R7.12', 'in_a=1,x%00', fault('in_a', 'Invalid character 0x00')],
  ['R7.12', 'has_a=%00', fault('has_a', 'Invalid character 0x00')],
  ['R7.12', '_fields=a%00', fault('_fields', 'Invalid character 0x00')],
  ['R7.3', 'a="\\ud800"', fault('a', 'Invalid value for a')],
  ['R7.3', `a=${'['.repeat(5000)}${']'.repeat(5000)}`, fault('a', 'Invalid value for a')],
  ['R7.6', 'a.b.c.d.e.f.g.h.i=1', fault('a.b.c.d.e.f.g.h.i', "Field 'a.b.c.d.e.f.g.h.i' has too many parts")],
  ['R7.6 R8.1', '_sort=a.b.c.d.e.f.g.h.i', fault(null, "Field 'a.b.c.d.e.f.g.h.i' has too many parts")],
  ['R8.5 R3.6', '_limit=abc', fault('_limit', '"abc" is not a number')],
  ['R8.5 R3.6', '_limit=-1', fault('_limit', '-1 is less than minimum value 0')],
  ['R8.5', '_limit=1.5', fault('_limit', '"1.5" is not a number')],
  ['R8.9 R3.6', '_token=abc', fault(null, '_token has invalid content')],
  ['R3.8 R3.21', '_since=x&_limit=y&a%00=1', [...fault('_limit', '"y" is not a number'), ...fault('_since', '"x" is not a number')]],
  ['R3.21', 'like_x=1&_sort=y&_token=abc', fault('like_x', 'Invalid value for like_x')],
]

const unknown: [rules: string, text: string, faults: readonly object[]][] = [
  ['R7.7 R3.6', 'foo=1', fault('foo', "Unknown filter field 'foo'")],
  ['R7.7', 'min_foo=1', fault('min_foo', "Unknown filter field 'min_foo'")],
  ['R7.7', 'foo.title=1', fault('foo.title', "Unknown filter field 'foo.title'")],
  ['R7.7', 'constructor=1', fault('constructor', "Unknown filter field 'constructor'")],
  ['R8.1 R3.6', '_sort=-foo', fault(null, "Unknown sort field 'foo'")],
  ['R8.15 R3.6', '_fields=title,zz', fault('Invalid _fields parameter', 'Fields zz do not exist', 'body')],
]

const thrown = (text: string, options = open): InvalidParameters => {
  try {
    parse(text, options)
  } catch (error) {
    if (error instanceof InvalidParameters) return error
    throw error
  }
  return assert.fail(`${text} is accepted`)
}

describe('filters', () => {
  for (const [rules, text, ...expected] of filters) {
    it(`${rules}: ${text || 'nothing'} is understood`, () => assert.deepEqual(parse(text).filters, expected))
  }
  for (const text of ['title=1', 'author.name=1', 'id=a', 'last_modified=1', 'deleted=true']) {
    it(`R7.7: ${text} is known to a resource that drops unknown fields`, () => assert.equal(parse(text, closed).filters.length, 1))
  }
  for (const [rules, text, faults] of refused) {
    it(`${rules}: ${JSON.stringify(text.slice(0, 50))} is refused`, () => assert.deepEqual(thrown(text).faults, faults))
  }
  for (const [rules, text, faults] of unknown) {
    it(`${rules}: ${text} is refused by a resource that drops unknown fields`, () => assert.deepEqual(thrown(text, closed).faults, faults))
  }
  it('R7.1: more than 100 filters are refused', () => {
    assert.equal(parse('a=1&'.repeat(100)).filters.length, 100)
    assert.equal(thrown('a=1&'.repeat(101)).faults.length, 1)
  })
  it('R3.8: faults of form are told without throwing, so that others can be added', () => {
    assert.deepEqual(
      checkQueryShape(parseQueryString('_limit=x&_to=null&unknown=1&last_modified=y'), now).map(({ name }) => name),
      ['_limit', 'last_modified'],
    )
  })
})

const asc = (field: string): Sort => ({ field, direction: 'ascending' })
const desc = (field: string): Sort => ({ field, direction: 'descending' })

const sortings: [rules: string, text: string, sort: Sort[]][] = [
  ['R8.2', '', [desc('last_modified')]],
  ['R8.1 R8.2', '_sort=a,-b', [asc('a'), desc('b'), desc('last_modified')]],
  ['R8.1', '_sort=%2Ba,+-b.c+', [asc('a'), desc('b.c'), desc('last_modified')]],
  ['R8.1', '_sort=a b,,-,--c,d(,e', [asc('e'), desc('last_modified')]],
  ['R8.2', '_sort=last_modified', [asc('last_modified')]],
  ['R8.2', '_sort=-last_modified', [desc('last_modified')]],
  ['R8.2', '_sort=-last_modified,name', [desc('last_modified')]],
  ['R8.2', '_sort=last_modified.x', [asc('last_modified.x'), desc('last_modified')]],
  ['R8.1', '_sort=a,-a,b,a', [asc('a'), asc('b'), desc('last_modified')]],
  ['R8.1', '_sort=__proto__', [asc('__proto__'), desc('last_modified')]],
]

const limits: [text: string, paginateBy: number | undefined, limit: number][] = [
  ['', undefined, 10_000],
  ['_limit=5', undefined, 5],
  ['_limit="5"', undefined, 5],
  ['_limit=0', undefined, 10_000],
  ['_limit=', undefined, 10_000],
  ['_limit=null', undefined, 10_000],
  ['_limit=99999999999999999999999', undefined, 10_000],
  ['', 3, 3],
  ['_limit=2', 3, 2],
  ['_limit=100', 3, 3],
  ['_limit=0', 3, 3],
  ['', 20_000, 10_000],
]

describe('sorting, limits and the rest of a list query', () => {
  for (const [rules, text, sort] of sortings) {
    it(`${rules}: ${text || 'no _sort'} gives its keys`, () => assert.deepEqual(parse(text).sort, sort))
  }
  it('R8.1: more than 32 sort keys are refused', () => {
    assert.equal(thrown(`_sort=${Array.from({ length: 33 }, (_, i) => `f${i}`).join(',')}`).faults.length, 1)
  })
  for (const [text, paginateBy, limit] of limits) {
    it(`R8.5: ${text || 'no _limit'} with paginate_by ${paginateBy} gives ${limit}`, () => {
      assert.equal(parse(text, { ...open, paginateBy }).limit, limit)
    })
  }
  it('R12.5 R7.11: the use of _to is told', () => {
    assert.deepEqual(
      ['_to=1', '_to=null', '_before=1'].map((text) => parse(text).includesToOldAlias),
      [true, false, false],
    )
  })
  it('R8.14: _fields gives its names, an empty one counts as not given', () => {
    assert.deepEqual(parse('_fields=a,+b.c,,a').fields, ['a', 'b.c'])
    assert.equal(parse('_fields=').fields, undefined)
    assert.equal(parse('_fields=,').fields, undefined)
  })
  it('R8.15: unknown fields are kept where the resource keeps them', () => assert.deepEqual(parse('_fields=zz').fields, ['zz']))

  it('R3.6: nothing but the documented errors is ever thrown', () => {
    const name = fc.oneof(
      fc.constantFrom(
        '_since',
        '_before',
        '_to',
        '_limit',
        '_sort',
        '_token',
        '_fields',
        'id',
        'last_modified',
        'in_id',
        'like_a',
        'has_a',
      ),
      fc
        .tuple(
          fc.constantFrom('', 'min_', 'in_', 'contains_any_', 'exclude_'),
          fc.constantFrom('last_modified', 'deleted', 'id', '__proto__', 'a.b'),
        )
        .map((parts) => parts.join('')),
      fc.string(),
    )
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.integer().map(String),
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64')),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.boolean(), (pairs, isOpen) => {
        try {
          const query = parseListQuery(parseQueryString(new URLSearchParams(pairs).toString()), isOpen ? open : closed)
          assert.equal(query.sort.at(-1)?.field, 'last_modified')
          assert.ok(query.limit >= 1 && query.limit <= 10_000)
        } catch (error) {
          assert.ok(error instanceof InvalidParameters || error instanceof HttpError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})
