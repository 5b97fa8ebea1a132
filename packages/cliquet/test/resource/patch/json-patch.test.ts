import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidParameters } from '../../../src/errors/invalid-parameters.ts'
import { type Json, parseObject } from '../../../src/primitives/json.ts'
import { applyOperations } from '../../../src/resource/patch/json-patch.ts'
import { parseOperations } from '../../../src/resource/patch/operation.ts'

const declared = ['read', 'write', 'note:create']

/** Applies a patch to data, whose paths start below the record. */
const patch = (data: string, body: Json, permissions: Record<string, readonly string[]> = {}) =>
  applyOperations({ data: parseObject(data), permissions }, parseOperations(body), declared)

const failure = (error: unknown) =>
  error instanceof InvalidParameters && error.faults.length === 1 && /^body: JSON Patch operation failed: ./.test(error.message)

/** RFC 6902, appendix A, with `/data` before each path. A.11 (unknown members) is refused by R5.25, A.13 (double members) by no JSON parser. */
const appendix: [title: string, data: string, body: Json, result: string | undefined][] = [
  ['A.1 adding an object member', '{"foo":"bar"}', [{ op: 'add', path: '/data/baz', value: 'qux' }], '{"foo":"bar","baz":"qux"}'],
  [
    'A.2 adding an array element',
    '{"foo":["bar","baz"]}',
    [{ op: 'add', path: '/data/foo/1', value: 'qux' }],
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 removing an object member', '{"baz":"qux","foo":"bar"}', [{ op: 'remove', path: '/data/baz' }], '{"foo":"bar"}'],
  ['A.4 removing an array element', '{"foo":["bar","qux","baz"]}', [{ op: 'remove', path: '/data/foo/1' }], '{"foo":["bar","baz"]}'],
  ['A.5 replacing a value', '{"baz":"qux","foo":"bar"}', [{ op: 'replace', path: '/data/baz', value: 'boo' }], '{"baz":"boo","foo":"bar"}'],
  [
    'A.6 moving a value',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    [{ op: 'move', from: '/data/foo/waldo', path: '/data/qux/thud' }],
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7 moving an array element',
    '{"foo":["all","grass","cows","eat"]}',
    [{ op: 'move', from: '/data/foo/1', path: '/data/foo/3' }],
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8 testing a value: success',
    '{"baz":"qux","foo":["a",2,"c"]}',
    [
      { op: 'test', path: '/data/baz', value: 'qux' },
      { op: 'test', path: '/data/foo/1', value: 2 },
    ],
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  ['A.9 testing a value: error', '{"baz":"qux"}', [{ op: 'test', path: '/data/baz', value: 'bar' }], undefined],
  [
    'A.10 adding a nested member object',
    '{"foo":"bar"}',
    [{ op: 'add', path: '/data/child', value: { grandchild: {} } }],
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  ['A.12 adding to a nonexistent target', '{"foo":"bar"}', [{ op: 'add', path: '/data/baz/bat', value: 'qux' }], undefined],
  ['A.14 ~ escape ordering', '{"/":9,"~1":10}', [{ op: 'test', path: '/data/~01', value: 10 }], '{"/":9,"~1":10}'],
  ['A.15 comparing strings and numbers', '{"/":9,"~1":10}', [{ op: 'test', path: '/data/~01', value: '10' }], undefined],
  [
    'A.16 adding an array value',
    '{"foo":["bar"]}',
    [{ op: 'add', path: '/data/foo/-', value: ['abc', 'def'] }],
    '{"foo":["bar",["abc","def"]]}',
  ],
]

const more: [what: string, data: string, body: Json, result: string][] = [
  [
    'copies',
    '{"a":{"x":1}}',
    [
      { op: 'copy', from: '/data/a', path: '/data/b' },
      { op: 'add', path: '/data/b/x', value: 2 },
    ],
    '{"a":{"x":1},"b":{"x":2}}',
  ],
  ['adds what is null', '{}', [{ op: 'add', path: '/data/a', value: null }], '{"a":null}'],
  ['adds over what is there', '{"a":1}', [{ op: 'add', path: '/data/a', value: 2 }], '{"a":2}'],
  ['replaces the whole record', '{"a":1}', [{ op: 'replace', path: '/data', value: { b: 1 } }], '{"b":1}'],
  ['moves a value to where it is', '{"a":1}', [{ op: 'move', from: '/data/a', path: '/data/a' }], '{"a":1}'],
  ['puts an object in place of its record', '{"a":{"b":1}}', [{ op: 'move', from: '/data/a', path: '/data' }], '{"b":1}'],
  [
    'tests objects whatever the order of keys',
    '{"a":{"x":1,"y":[{}]}}',
    [{ op: 'test', path: '/data/a', value: { y: [{}], x: 1.0 } }],
    '{"a":{"x":1,"y":[{}]}}',
  ],
  ['does nothing when empty', '{"a":1}', [], '{"a":1}'],
  ['knows the empty key', '{"":1}', [{ op: 'replace', path: '/data/', value: 2 }], '{"":2}'],
  ['appends at the index after the last', '{"a":[1]}', [{ op: 'add', path: '/data/a/1', value: 2 }], '{"a":[1,2]}'],
]

const failing: [what: string, op: Record<string, Json>][] = [
  ['a missing target', { op: 'remove', path: '/data/missing' }],
  ['replacing what is not there', { op: 'replace', path: '/data/missing', value: 1 }],
  ['testing what is not there', { op: 'test', path: '/data/missing', value: null }],
  ['add without value', { op: 'add', path: '/data/a' }],
  ['replace without value', { op: 'replace', path: '/data/s' }],
  ['test without value', { op: 'test', path: '/data/s' }],
  ['move without from', { op: 'move', path: '/data/a' }],
  ['copy without from', { op: 'copy', path: '/data/a' }],
  ['copying what is not there', { op: 'copy', from: '/data/missing', path: '/data/a' }],
  ['moving into itself', { op: 'move', from: '/data/o', path: '/data/o/x' }],
  ['an index beyond the end', { op: 'add', path: '/data/l/3', value: 1 }],
  ['an index with a leading zero', { op: 'replace', path: '/data/l/01', value: 1 }],
  ['an index that is no number', { op: 'add', path: '/data/l/length', value: 1 }],
  ['- where something must be', { op: 'remove', path: '/data/l/-' }],
  ['a place below a scalar', { op: 'add', path: '/data/s/x', value: 1 }],
  ['a wrong escape', { op: 'add', path: '/data/~2', value: 1 }],
  ['a path elsewhere', { op: 'add', path: '/foo', value: 1 }],
  ['a path that begins alike', { op: 'add', path: '/database', value: 1 }],
  ['a from elsewhere', { op: 'copy', from: '/foo', path: '/data/a' }],
  ['removal of the record', { op: 'remove', path: '/data' }],
  ['moving the record away', { op: 'move', from: '/data', path: '/data' }],
  ['a record that is no object', { op: 'replace', path: '/data', value: [1] }],
  ['removal of all permissions', { op: 'remove', path: '/permissions' }],
  ['an undeclared permission', { op: 'add', path: '/permissions/admin/x' }],
  ['an inherited name as permission', { op: 'add', path: '/permissions/__proto__/x' }],
  ['an undeclared permission in an object', { op: 'add', path: '/permissions', value: { admin: {} } }],
  ['no principal', { op: 'add', path: '/permissions/read/' }],
  ['a permission without value', { op: 'add', path: '/permissions/read' }],
  ['a permission that is text', { op: 'replace', path: '/permissions/read', value: 'alice' }],
  ['principals that are no texts', { op: 'replace', path: '/permissions/read', value: [1] }],
  ['a principal that is not there', { op: 'remove', path: '/permissions/read/bob' }],
  ['testing a principal that is not there', { op: 'test', path: '/permissions/read/bob' }],
  ['testing a principal for another value', { op: 'test', path: '/permissions/read/alice', value: 'bob' }],
]

const malformed: [what: string, body: Json, names: string[]][] = [
  ['an object', { data: { size: 1 } }, ['']],
  ['an unknown op', [{ op: 'frob', path: '/data/size' }], ['0.op']],
  ['no path', [{ op: 'remove' }], ['0.path']],
  ['a path without /', [{ op: 'remove', path: 'data' }], ['0.path']],
  ['a path that is a number', [{ op: 'remove', path: 5 }], ['0.path']],
  ['a from without /', [{ op: 'move', path: '/data/a', from: '' }], ['0.from']],
  ['neither op nor path', [{}], ['0.op', '0.path']],
  ['faults in several operations', [{ op: 'test', path: '/data', value: 1 }, { path: '/data' }, 5], ['1.op', '2']],
  ['another key', [{ op: 'remove', path: '/data/a', extra: 1 }], ['0']],
  ['an operation that is no object', [null], ['0']],
  ['an operation that is a list', [['remove', '/data/a']], ['0']],
  ['an inherited op', [parseObject('{"__proto__":{"op":"remove","path":"/data/a"}}')], ['0', '0.op', '0.path']],
]

describe('the form of a JSON Patch', () => {
  for (const [what, body, names] of malformed) {
    it(`R5.25: ${what} is refused at ${names.join(', ') || 'the body'}`, () => {
      assert.throws(
        () => parseOperations(body),
        (error) =>
          error instanceof InvalidParameters &&
          error.faults.every((fault) => fault.location === 'body') &&
          error.faults.map((fault) => fault.name).join() === names.join(),
      )
    })
  }
  it('R5.25 R5.7: a missing body is refused', () => assert.throws(() => parseOperations(undefined), InvalidParameters))
})

describe('a JSON Patch of data', () => {
  for (const [title, data, body, result] of appendix) {
    it(`R5.26: RFC 6902 ${title}`, () => {
      if (result === undefined) assert.throws(() => patch(data, body), failure)
      else assert.equal(JSON.stringify(patch(data, body).data), result)
    })
  }
  for (const [what, data, body, result] of more) {
    it(`R5.26: ${what}`, () => assert.equal(JSON.stringify(patch(data, body).data), result))
  }
  for (const [what, op] of failing) {
    it(`R5.26 R5.27: ${what} fails`, () => {
      assert.throws(() => patch('{"s":"text","l":[1,2],"o":{}}', [op], { read: ['alice'] }), failure)
    })
  }

  it('R5.26: leaves the target alone, also when a later operation fails', () => {
    const data = parseObject('{"a":{"b":[1]}}')
    const operations = parseOperations([
      { op: 'add', path: '/data/a/b/0', value: 0 },
      { op: 'test', path: '/data/a', value: 1 },
    ])
    assert.throws(() => applyOperations({ data, permissions: {} }, operations, declared), failure)
    assert.equal(JSON.stringify(data), '{"a":{"b":[1]}}')
  })

  it('R5.26: __proto__ and constructor are names like any other', () => {
    const set = patch('{}', [
      { op: 'add', path: '/data/__proto__', value: { x: 1 } },
      { op: 'add', path: '/data/__proto__/polluted', value: 1 },
      { op: 'add', path: '/data/constructor', value: {} },
      { op: 'add', path: '/data/constructor/prototype', value: { polluted: 1 } },
    ])
    assert.equal(JSON.stringify(set.data), '{"__proto__":{"x":1,"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
    assert.equal(Object.getPrototypeOf(set.data), Object.prototype)
    for (const path of ['/data/__proto__/x', '/data/constructor/prototype/x', '/data/toString/x']) {
      assert.throws(() => patch('{}', [{ op: 'add', path, value: 1 }]), failure)
    }
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
  })

  it('R5.26: a short patch cannot ask for endless memory, depth or time', () => {
    const twice = Array.from({ length: 64 }, (_, i) => ({ op: 'copy', from: '/data', path: `/data/x${i}` }))
    assert.throws(() => patch('{"a":"text"}', twice), failure)
    const deeper = Array.from({ length: 200 }, () => [
      { op: 'add', path: '/data/y', value: {} },
      { op: 'move', from: '/data/x', path: '/data/y/x' },
      { op: 'move', from: '/data/y', path: '/data/x' },
    ])
    assert.throws(() => patch('{"x":1}', deeper.flat()), failure)
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    assert.throws(() => patch('{"x":1}', [{ op: 'add', path: '/data/y', value: deep }]), failure)
    const shift = Array.from({ length: 5000 }, () => ({ op: 'add', path: '/data/a/0', value: 0 }))
    assert.throws(() => patch(JSON.stringify({ a: Array(100_000).fill(0) }), shift), failure)
  })

  it('R5.26: removing what was added gives back the same', () => {
    fc.assert(
      fc.property(fc.object(), fc.string(), fc.jsonValue(), (object, key, value) => {
        const data = parseObject(JSON.stringify(object))
        if (Object.hasOwn(data, key)) return
        const path = `/data/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
        const body: Json = [
          { op: 'add', path, value: JSON.parse(JSON.stringify(value)) },
          { op: 'remove', path },
        ]
        assert.deepEqual(patch(JSON.stringify(data), body).data, data)
      }),
    )
  })

  it('R5.26: only the documented error is ever thrown', () => {
    const path = fc
      .array(fc.constantFrom('data', 'permissions', 'read', 'a', '0', '-', '__proto__', '', '~1', 'toString'), { maxLength: 4 })
      .map((keys) => `/${keys.join('/')}`)
    const op = fc.record(
      { op: fc.constantFrom('test', 'add', 'remove', 'replace', 'move', 'copy'), path, from: path, value: fc.jsonValue({ maxDepth: 2 }) },
      { requiredKeys: ['op', 'path'] },
    )
    fc.assert(
      fc.property(fc.array(op, { maxLength: 8 }), (body) => {
        try {
          patch('{"a":[1,{"a":{}}]}', JSON.parse(JSON.stringify(body)), { read: ['a'] })
        } catch (error) {
          assert.ok(failure(error), String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a JSON Patch of permissions', () => {
  const before = { read: ['alice'], write: ['bob', 'carol'] }
  const cases: [what: string, body: Json, change: Record<string, string[]>][] = [
    ['the principal needs no value', [{ op: 'add', path: '/permissions/read/system.Everyone' }], { read: ['alice', 'system.Everyone'] }],
    ['a value makes no difference', [{ op: 'add', path: '/permissions/read/dave', value: 'erin' }], { read: ['alice', 'dave'] }],
    ['every declared permission exists', [{ op: 'add', path: '/permissions/note:create/dave' }], { 'note:create': ['dave'] }],
    ['~1 is a slash', [{ op: 'add', path: '/permissions/read/~1groups~1a' }], { read: ['/groups/a', 'alice'] }],
    ['raw slashes belong to the principal', [{ op: 'add', path: '/permissions/read//groups/a' }], { read: ['/groups/a', 'alice'] }],
    ['a principal is removed', [{ op: 'remove', path: '/permissions/write/bob' }], { write: ['carol'] }],
    ['the last principal is removed', [{ op: 'remove', path: '/permissions/read/alice' }], { read: [] }],
    ['removing a permission empties it', [{ op: 'remove', path: '/permissions/write' }], { write: [] }],
    [
      'an emptied permission still exists',
      [
        { op: 'remove', path: '/permissions/read' },
        { op: 'add', path: '/permissions/read/x' },
      ],
      { read: ['x'] },
    ],
    [
      'a permission is replaced by an object',
      [{ op: 'replace', path: '/permissions/read', value: { z: 'z', y: 'y' } }],
      { read: ['y', 'z'] },
    ],
    ['a permission is replaced by a list', [{ op: 'replace', path: '/permissions/read', value: ['z', 'y', 'z'] }], { read: ['y', 'z'] }],
    ['all permissions are replaced', [{ op: 'replace', path: '/permissions', value: { read: { z: 'z' } } }], { read: ['z'], write: [] }],
    [
      'a principal is moved',
      [{ op: 'move', from: '/permissions/write/bob', path: '/permissions/read/bob' }],
      { read: ['alice', 'bob'], write: ['carol'] },
    ],
    [
      'a permission is moved',
      [{ op: 'move', from: '/permissions/write', path: '/permissions/read' }],
      { read: ['bob', 'carol'], write: [] },
    ],
    ['a permission is copied', [{ op: 'copy', from: '/permissions/write', path: '/permissions/read' }], { read: ['bob', 'carol'] }],
    [
      'a principal is tested',
      [
        { op: 'test', path: '/permissions/read/alice' },
        { op: 'test', path: '/permissions/read/alice', value: 'alice' },
      ],
      {},
    ],
    ['a permission is tested', [{ op: 'test', path: '/permissions/write', value: { carol: 'carol', bob: 'bob' } }], {}],
    [
      'what ends as it was is no change',
      [
        { op: 'add', path: '/permissions/read/x' },
        { op: 'remove', path: '/permissions/read/x' },
      ],
      {},
    ],
    ['a principal __proto__ is one like any other', [{ op: 'add', path: '/permissions/read/__proto__' }], { read: ['__proto__', 'alice'] }],
  ]
  for (const [what, body, change] of cases) {
    it(`R5.27: ${what}`, () => assert.deepEqual(patch('{}', body, before), { data: {}, permissions: change }))
  }
  it('R5.27 R10.1: fails where the resource keeps no permissions', () => {
    const operations = parseOperations([{ op: 'add', path: '/permissions/read/x' }])
    assert.throws(() => applyOperations({ data: {}, permissions: {} }, operations, []), failure)
  })
})
