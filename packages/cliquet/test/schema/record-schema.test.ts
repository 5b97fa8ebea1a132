import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/primitives/json.ts'
import { createMetaCheck } from '../../src/schema/ajv.ts'
import type { AnySchema } from '../../src/schema/fields.ts'
import { compileRecordSchema } from '../../src/schema/record-schema.ts'
import * as Type from '../../src/schema/type.ts'

const metaCheck = createMetaCheck()

const compile = (schema: AnySchema, { preserveUnknown = true } = {}) =>
  compileRecordSchema(schema, { preserveUnknown, resource: 'thing', clock: () => 1_700_000_000_000, metaCheck })

const named = { name: Type.String() }
const psilo = { name: Type.String({ default: 'Unknown' }), edible: Type.Boolean({ default: true }), size: Type.Integer({ default: -1 }) }
const bookmark = { url: Type.URL(), title: Type.Optional(Type.String()), added: Type.Timestamp({ auto: true }) }
const nullable = { note: Type.Union([Type.Null(), Type.String()]) }
const device = Type.Object({ name: Type.String({ default: 'phone' }), home: Type.Optional(Type.URL()) })
const nested = { device, tags: Type.Array(Type.Object({ on: Type.Boolean({ default: false }) }), { default: [{}] }) }

const accepted: [rule: string, schema: AnySchema, sent: JsonObject, stored: JsonObject, preserveUnknown?: boolean][] = [
  ['R5.32: unknown fields are kept', named, { name: 'a', cap: [1] }, { name: 'a', cap: [1] }],
  ['R5.32: unknown fields are dropped silently', named, { name: 'a', cap: [1] }, { name: 'a' }, false],
  ['R5.32: without a field everything is kept', {}, { a: null }, { a: null }],
  ['R5.32: without a field everything is dropped', {}, { a: null }, {}, false],
  [
    'R5.32: what a nested object does not declare is kept',
    { device },
    { device: { name: 'x', os: 1 } },
    { device: { name: 'x', os: 1 } },
    false,
  ],
  ['R5.33 R5.7: defaults are stored', psilo, {}, { name: 'Unknown', edible: true, size: -1 }],
  ['R5.33: a value takes precedence over the default', psilo, { edible: false, size: 0, name: '' }, { edible: false, size: 0, name: '' }],
  ['R5.33: null counts as absent, so the default is stored', psilo, { size: null }, { name: 'Unknown', edible: true, size: -1 }],
  ['R5.33: null for an optional field leaves it out', { name: Type.Optional(Type.String()) }, { name: null }, {}],
  ['R5.33: null is kept where the schema allows it', nullable, { note: null }, { note: null }],
  ['R5.33: null is kept for an unknown field', named, { name: 'a', cap: null }, { name: 'a', cap: null }],
  ['R5.33: null is kept inside of fields', { any: Type.Any() }, { any: { a: null } }, { any: { a: null } }],
  ['R5.33: defaults inside objects', nested, { device: {} }, { device: { name: 'phone' }, tags: [{ on: false }] }],
  [
    'R5.33: defaults inside arrays',
    nested,
    { device: { name: 'x' }, tags: [{}, { on: true }] },
    { device: { name: 'x' }, tags: [{ on: false }, { on: true }] },
  ],
  ['R5.34: a URL is trimmed', bookmark, { url: ' https://example.com/ \n', added: 1 }, { url: 'https://example.com/', added: 1 }],
  [
    'R5.34: a URL may have any characters a browser takes',
    { url: Type.URL() },
    { url: 'http://localhost:8/é?a=[1]|2' },
    { url: 'http://localhost:8/é?a=[1]|2' },
  ],
  ['R5.34: URLs inside objects are trimmed', { device }, { device: { name: 'a', home: ' a:b ' } }, { device: { name: 'a', home: 'a:b' } }],
  [
    'R5.34: URLs inside arrays, maps and unions are trimmed',
    { a: Type.Array(Type.URL()), m: Type.Record(Type.String(), Type.URL()), u: Type.Union([Type.Null(), Type.URL()]) },
    { a: [' a:b'], m: { x: 'a:b ' }, u: ' a:b ' },
    { a: ['a:b'], m: { x: 'a:b' }, u: 'a:b' },
  ],
  ['R5.34: an automatic timestamp is now', bookmark, { url: 'a:b' }, { url: 'a:b', added: 1_700_000_000_000 }],
  ['R5.34: a timestamp of the client is kept', bookmark, { url: 'a:b', added: 0 }, { url: 'a:b', added: 0 }],
  ['R0.3: integers beyond 2^53 are accepted', { size: Type.Integer() }, { size: 2 ** 60 }, { size: 2 ** 60 }],
  ['R5.36: deleted is dropped', {}, { deleted: true, a: 1 }, { a: 1 }],
  ['a default in a nullable object is filled in', { d: Type.Union([Type.Null(), device]) }, { d: {} }, { d: { name: 'phone' } }],
  ['a tuple is validated by position', { t: Type.Tuple([Type.String(), Type.Number()]) }, { t: ['a', 1] }, { t: ['a', 1] }],
  ['a pattern may be a RegExp', { p: Type.String({ pattern: /^a+$/ }) }, { p: 'aaa' }, { p: 'aaa' }],
]

for (const [title, schema, sent, stored, preserveUnknown = true] of accepted) {
  test(title, () => {
    const before = structuredClone(sent)
    const compiled = compile(schema, { preserveUnknown })
    const result = compiled.validate(sent, 'data.')
    assert.deepEqual(result, { fields: stored })
    assert.deepEqual(sent, before, 'what the client sent is not changed')
    assert.deepEqual(compiled.validate(stored, ''), { fields: stored }, 'validating again changes nothing')
  })
}

test('a Type.Object and a map of fields are the same schema', () => {
  assert.deepEqual(compile(Type.Object(bookmark)).jsonSchema, compile(bookmark).jsonSchema)
})

test('R5.7: required are the fields without a default', () => {
  const compiled = compile({ ...named, ...psilo, ...bookmark })
  assert.deepEqual(compiled.fieldNames, ['name', 'edible', 'size', 'url', 'title', 'added'])
  assert.deepEqual(compiled.requiredFields, ['url'])
  assert.deepEqual(compile(psilo).requiredFields, [])
  assert.deepEqual(compile({}).jsonSchema, { type: 'object', properties: {} })
})

test('the JSON Schema is plain JSON', () => {
  const { jsonSchema } = compile({
    ...bookmark,
    p: Type.String({ pattern: /^a$/ }),
    t: Type.Tuple([Type.String()]),
    n: Type.Integer({ minimum: 1n }),
  })
  assert.deepEqual(JSON.parse(JSON.stringify(jsonSchema)), jsonSchema)
  assert.deepEqual(Reflect.ownKeys(jsonSchema), ['type', 'properties', 'required'])
})

test('the default of one record is not the default of the next', () => {
  const compiled = compile({ tags: Type.Array(Type.String(), { default: [] }) })
  const [first, second] = [compiled.validate({}, 'data.'), compiled.validate({}, 'data.')]
  assert.notEqual(first.fields?.tags, second.fields?.tags)
})

const trickyNames = ['constructor', 'toString', 'hasOwnProperty', 'valueOf', 'then']

for (const name of [...trickyNames, '__proto__']) {
  test(`a client's key "${name}" is an ordinary unknown field`, () => {
    for (const value of [1, null, { polluted: true }, 'text'] satisfies Json[]) {
      const sent: JsonObject = JSON.parse(`{"name":"a",${JSON.stringify(name)}:${JSON.stringify(value)}}`)
      const { fields } = compile(named).validate(sent, 'data.')
      assert.deepEqual(Object.getOwnPropertyDescriptor(fields, name)?.value, value)
      assert.equal(Object.getPrototypeOf(fields), Object.prototype)
      assert.equal(JSON.stringify(fields), JSON.stringify(sent))
      assert.deepEqual(Object.keys(compile(named, { preserveUnknown: false }).validate(sent, 'data.').fields ?? {}), ['name'])
    }
  })

  test(`a client's key "${name}" is an ordinary key inside of fields`, () => {
    const text = `{"o":{"a":"x",${JSON.stringify(name)}:{"b":1}},"list":[{${JSON.stringify(name)}:1},{${JSON.stringify(name)}:2}]}`
    const schema = {
      o: Type.Object({ a: Type.URL(), d: Type.String({ default: '' }) }),
      list: Type.Array(Type.Any(), { uniqueItems: true }),
    }
    const { fields } = compile(schema).validate(JSON.parse(text.replace('"x"', '" a:b "')), 'data.')
    assert.equal(JSON.stringify(fields), text.replace('"x"', '"a:b"').replace('{"b":1}}', '{"b":1},"d":""}'))
  })
}

for (const name of trickyNames) {
  test(`R5.33: a declared field "${name}" is required, has a default, is validated`, () => {
    const required = compile({ [name]: Type.String(), o: Type.Optional(Type.Object({ [name]: Type.String() })) })
    assert.deepEqual(
      required.validate({ o: {} }, 'data.').faults?.map((fault) => fault.name),
      [`data.${name}`, `data.o.${name}`].sort(),
    )
    assert.equal(required.validate({ [name]: 1 }, 'data.').faults?.length, 1)
    const defaulted = compile({ [name]: Type.String({ default: 'a' }), o: Type.Object({ [name]: Type.String({ default: 'b' }) }) })
    assert.deepEqual(defaulted.validate({ o: {} }, 'data.').fields, { o: { [name]: 'b' }, [name]: 'a' })
  })
}

test('a recursive schema is prepared and validated at every depth', () => {
  const tree = Type.Cyclic(
    { Node: Type.Object({ home: Type.URL(), on: Type.Boolean({ default: true }), below: Type.Optional(Type.Array(Type.Ref('Node'))) }) },
    'Node',
  )
  const compiled = compile({ tree })
  const sent = { tree: { home: ' a:b', below: [{ home: 'c:d ', below: [{ home: ' e:f' }] }] } }
  assert.deepEqual(compiled.validate(sent, 'data.').fields, {
    tree: { home: 'a:b', on: true, below: [{ home: 'c:d', on: true, below: [{ home: 'e:f', on: true }] }] },
  })
  const { faults } = compiled.validate({ tree: { home: 'a:b', below: [{ home: 'x' }] } }, 'data.')
  assert.deepEqual(
    faults?.map(({ name }) => name),
    ['data.tree.below.0.home'],
  )
})

test('100,000 distinct items are compared in less than a second', () => {
  const items = Array.from({ length: 100_000 }, (_, n) => ({ n }))
  const start = performance.now()
  assert.equal(compile({ items: Type.Array(Type.Any(), { uniqueItems: true }) }).validate({ items }, 'data.').faults, undefined)
  assert.ok(performance.now() - start < 1000)
})
