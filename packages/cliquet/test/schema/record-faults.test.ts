import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/primitives/json.ts'
import { createMetaCheck } from '../../src/schema/ajv.ts'
import type { AnySchema } from '../../src/schema/fields.ts'
import { compileRecordSchema } from '../../src/schema/record-schema.ts'
import * as Type from '../../src/schema/type.ts'

const metaCheck = createMetaCheck()

const faultsOf = (schema: AnySchema, sent: JsonObject, prefix: 'data.' | '' = 'data.') =>
  compileRecordSchema(schema, { preserveUnknown: true, resource: 'thing', metaCheck })
    .validate(sent, prefix)
    .faults?.map(({ location, name, description }) => {
      assert.equal(location, 'body')
      return [name, description]
    })

const shape = Type.Union([Type.Object({ kind: Type.Literal('a') }), Type.Object({ kind: Type.Literal('b'), n: Type.Number() })])

const refused: [title: string, schema: AnySchema, sent: JsonObject, name: string, description: string][] = [
  ['missing', { name: Type.String() }, {}, 'data.name', 'Required'],
  ['R5.33 null is missing', { name: Type.String() }, { name: null }, 'data.name', 'Required'],
  ['wrong type, string', { name: Type.String() }, { name: 42 }, 'data.name', "42 is not a string: {'name': ''}"],
  [
    'wrong type, string in an array',
    { tags: Type.Array(Type.String()) },
    { tags: ['a', 1] },
    'data.tags.1',
    "1 is not a string: {'1': ''}",
  ],
  ['wrong type, number', { size: Type.Number() }, { size: 'abc' }, 'data.size', '"abc" is not a number'],
  ['R5.34 numeric text is no number', { size: Type.Number() }, { size: '1' }, 'data.size', '"1" is not a number'],
  ['R5.34 a float is no integer', { size: Type.Integer() }, { size: 1.5 }, 'data.size', '1.5 is not an integer'],
  ['R5.34 text is no boolean', { on: Type.Boolean() }, { on: 'false' }, 'data.on', '"false" is neither true nor false'],
  ['wrong type, array', { tags: Type.Array(Type.String()) }, { tags: 'a' }, 'data.tags', '"a" is not an array'],
  ['not an object', { o: Type.Object({}) }, { o: [] }, 'data.o', '"[]" is not a mapping type: Does not implement dict-like functionality.'],
  ['missing in an object', { o: Type.Object({ a: Type.String() }) }, { o: {} }, 'data.o.a', 'Required'],
  ['one of several literals', { e: Type.Union([Type.Literal('a'), Type.Literal('b')]) }, { e: 'x' }, 'data.e', '"x" is not one of a, b'],
  ['enum', { e: Type.Enum(['a', 'b']) }, { e: 'x' }, 'data.e', '"x" is not one of a, b'],
  ['literal', { e: Type.Literal('a') }, { e: 'x' }, 'data.e', '"x" is not one of a'],
  ['nullable', { note: Type.Union([Type.Null(), Type.String()]) }, { note: 1 }, 'data.note', "1 is not a string: {'note': ''}"],
  [
    'in a nullable object',
    { o: Type.Union([Type.Object({ a: Type.Number() }), Type.Null()]) },
    { o: { a: 'x' } },
    'data.o.a',
    '"x" is not a number',
  ],
  ['several types', { v: Type.Union([Type.Number(), Type.Boolean()]) }, { v: 'x' }, 'data.v', '"x" is none of number, boolean'],
  ['several objects', { v: shape }, { v: { kind: 'b' } }, 'data.v', '{"kind":"b"} has none of the allowed forms'],
  ['too long', { s: Type.String({ maxLength: 2 }) }, { s: 'abc' }, 'data.s', 'Longer than maximum length 2'],
  ['too short', { s: Type.String({ minLength: 2 }) }, { s: 'a' }, 'data.s', 'Shorter than minimum length 2'],
  ['too small', { n: Type.Number({ minimum: 0 }) }, { n: -1 }, 'data.n', '-1 is less than minimum value 0'],
  ['too big', { n: Type.Number({ maximum: 1 }) }, { n: 2 }, 'data.n', '2 is greater than maximum value 1'],
  ['multiple', { n: Type.Number({ multipleOf: 2 }) }, { n: 3 }, 'data.n', '3 is not a multiple of 2'],
  ['pattern', { s: Type.String({ pattern: '^a$' }) }, { s: 'b' }, 'data.s', '"b" does not match ^a$'],
  ['format', { s: Type.String({ format: 'date' }) }, { s: 'b' }, 'data.s', '"b" is not a date'],
  ['format before pattern', { s: Type.String({ format: 'date', pattern: '^a$' }) }, { s: 'b' }, 'data.s', '"b" is not a date'],
  [
    'duplicates',
    { a: Type.Array(Type.Any(), { uniqueItems: true }) },
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
    'data.a',
    'Has duplicate items',
  ],
  ['closed object', { o: Type.Object({}, { additionalProperties: false }) }, { o: { 'a.b': 1 } }, 'data.o.a.b', 'Unrecognized key'],
  ['closed record', Type.Object({}, { additionalProperties: false }), { foo: 1 }, 'data.foo', 'Unrecognized key'],
  ['too many keys', Type.Object({}, { maxProperties: 0 }), { foo: 1 }, 'data', 'More than 0 keys'],
  ['R5.34 URL without scheme', { u: Type.URL() }, { u: 'www.example.com' }, 'data.u', '"www.example.com" is not a URL'],
  ['R5.34 URL of another type', { u: Type.URL() }, { u: 1 }, 'data.u', "1 is not a string: {'u': ''}"],
  ['R5.34 URL with a space', { u: Type.URL() }, { u: 'http://a/b c' }, 'data.u', '"http://a/b c" is not a URL'],
  ['R5.34 URL without host', { u: Type.URL() }, { u: 'http://' }, 'data.u', '"http://" is not a URL'],
  ['R5.34 URL of white space', { u: Type.URL() }, { u: '  ' }, 'data.u', 'Shorter than minimum length 1'],
  ['R5.34 URL too long', { u: Type.URL() }, { u: `a:${'b'.repeat(2047)}` }, 'data.u', 'Longer than maximum length 2048'],
  ['R5.34 timestamp below 0', { t: Type.Timestamp() }, { t: -1 }, 'data.t', '-1 is less than minimum value 0'],
  ['R5.34 timestamp as text', { t: Type.Timestamp({ auto: true }) }, { t: '1' }, 'data.t', '"1" is not an integer'],
]

for (const [title, schema, sent, name, description] of refused) {
  test(`R3.6 R3.7: ${title}`, () => {
    assert.deepEqual(faultsOf(schema, sent), [[name, description]])
    assert.deepEqual(faultsOf(schema, sent, ''), [[name === 'data' ? '' : name.slice('data.'.length), description]])
  })
}

test('R3.8: all faults are told together, sorted by name', () => {
  const schema = { b: Type.String(), a: Type.Number(), c: Type.Object({ z: Type.String(), y: Type.Array(Type.Integer()) }) }
  assert.deepEqual(faultsOf(schema, { a: 'x', c: { y: [1, 'a', 2, 'b'] } }), [
    ['data.a', '"x" is not a number'],
    ['data.b', 'Required'],
    ['data.c.y.1', '"a" is not an integer'],
    ['data.c.y.3', '"b" is not an integer'],
    ['data.c.z', 'Required'],
  ])
})

test('R5.21: with the bare prefix only the first fault is told', () => {
  assert.deepEqual(faultsOf({ b: Type.String(), a: Type.String() }, {}, ''), [['a', 'Required']])
})

test('at most 50 faults are told, and a huge body does not make a huge list', () => {
  const schema = { tags: Type.Array(Type.String()) }
  const start = performance.now()
  assert.equal(faultsOf(schema, { tags: Array(1000).fill(1) })?.length, 50)
  assert.equal(faultsOf(schema, { tags: Array(1_000_000).fill(1) })?.length, 1)
  assert.ok(performance.now() - start < 1000)
})

test('of a long value the beginning is told, without half a character', () => {
  const [fault] = faultsOf({ n: Type.Number() }, { n: `a${'😀'.repeat(1000)}` }) ?? []
  assert.ok(fault?.[1]?.isWellFormed() && fault[1].length < 130)
})
