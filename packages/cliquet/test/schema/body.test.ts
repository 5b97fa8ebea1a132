import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBody } from '../../src/schema/body.ts'

const permissions = ['read', 'write']

const accepted: [title: string, body: unknown, parsed: object][] = [
  ['R5.7: a missing body equals {}', undefined, {}],
  ['R5.6: both keys are optional', {}, {}],
  ['R5.6: data alone', { data: {} }, { data: {} }],
  ['R5.6: permissions alone', { permissions: {} }, { permissions: {} }],
  ['R5.6: null for one permission', { permissions: { read: null } }, { permissions: { read: null } }],
  [
    'R10.15: duplicates collapse',
    { data: { a: 1 }, permissions: { read: ['b', 'a', 'b'], write: [] } },
    { data: { a: 1 }, permissions: { read: ['b', 'a'], write: [] } },
  ],
]

for (const [title, body, parsed] of accepted) {
  test(title, () => assert.deepEqual(parseBody(body, { permissions }), parsed))
}

const mapping = 'is not a mapping type: Does not implement dict-like functionality.'
const refused: [title: string, body: unknown, faults: [name: string, description: string][]][] = [
  ['R5.6 R3.6: an unknown key', { foo: 1 }, [['', `Unrecognized keys in mapping: "{'foo': 1}"`]]],
  ['R5.6 R3.6: unknown keys', { foo: 'x', bar: [] }, [['', `Unrecognized keys in mapping: "{'foo': 'x', 'bar': []}"`]]],
  ['R3.6: an array as body', [], [['', `"[]" ${mapping}`]]],
  ['R3.9: a scalar as body', 'text', [['', 'Should be a JSON object or an array']]],
  ['R3.9: null as body', null, [['', 'Should be a JSON object or an array']]],
  ['R5.6: data null', { data: null }, [['data', `"null" ${mapping}`]]],
  ['R5.6: data an array', { data: [] }, [['data', `"[]" ${mapping}`]]],
  ['R5.6: data a text', { data: 'text' }, [['data', `"text" ${mapping}`]]],
  ['R5.6: permissions null', { permissions: null }, [['permissions', `"null" ${mapping}`]]],
  ['R5.6: permissions an array', { permissions: [] }, [['permissions', `"[]" ${mapping}`]]],
  ['R10.15 R3.6: an unknown permission', { permissions: { unk: [] } }, [['permissions', '"unk" is not one of read, write']]],
  ['R10.15 R3.6: principals as text', { permissions: { read: 'book' } }, [['permissions.read', '"book" is not iterable']]],
  ['R10.15: principals as an object', { permissions: { read: {} } }, [['permissions.read', '"{}" is not iterable']]],
  ['R10.15: a principal that is no text', { permissions: { read: ['a', 1] } }, [['permissions.read.1', "1 is not a string: {'1': ''}"]]],
  [
    'R10.15: a principal with NUL',
    { permissions: { read: ['a\0'] } },
    [['permissions.read.0', 'Invalid character: NUL or a lone surrogate']],
  ],
  [
    'R10.15: constructor is no permission',
    { permissions: { constructor: [] } },
    [['permissions', '"constructor" is not one of read, write']],
  ],
  [
    'R3.8: all faults together, sorted by name',
    { permissions: { write: [null], read: 1, unk: [] }, data: 1, foo: 1 },
    [
      ['', `Unrecognized keys in mapping: "{'foo': 1}"`],
      ['data', `"1" ${mapping}`],
      ['permissions', '"unk" is not one of read, write'],
      ['permissions.read', '"1" is not iterable'],
      ['permissions.write.0', "null is not a string: {'0': ''}"],
    ],
  ],
]

for (const [title, body, expected] of refused) {
  test(`${title} is refused`, () => {
    const { faults } = parseBody(body, { permissions })
    assert.deepEqual(
      faults,
      expected.map(([name, description]) => ({ location: 'body', name, description })),
    )
  })
}

test('R5.6: where a resource has no permissions the key is unknown', () => {
  const { faults } = parseBody({ data: {}, permissions: { read: ['a'] } }, { permissions: undefined })
  assert.deepEqual(faults, [{ location: 'body', name: '', description: `Unrecognized keys in mapping: "{'permissions': {"read":["a"]}}"` }])
})

test('R3.8: data that can be validated is given beside the faults', () => {
  assert.deepEqual(parseBody({ data: { a: 1 }, permissions: [] }, { permissions }).data, { a: 1 })
})

test('R5.6: "__proto__" in the envelope is an unknown key, not a prototype', () => {
  for (const text of ['{"__proto__":{"data":{"a":1}}}', '{"permissions":{"__proto__":["a"]}}']) {
    assert.equal(parseBody(JSON.parse(text), { permissions }).faults?.length, 1)
  }
})

test('100,000 levels and a million wrong principals are told in few words', () => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000))
  for (const body of [
    { data: deep },
    { x: deep },
    deep,
    { permissions: { read: [deep] } },
    { permissions: deep },
    { permissions: { read: Array(1_000_000).fill(1) } },
  ]) {
    const { faults } = parseBody(body, { permissions })
    assert.ok(faults !== undefined && JSON.stringify(faults).length < 10_000)
  }
})
