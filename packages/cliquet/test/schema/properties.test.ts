import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isJsonObject, type JsonObject } from '../../src/primitives/json.ts'
import { parseBody } from '../../src/schema/body.ts'
import { compileRecordSchema } from '../../src/schema/record-schema.ts'
import { findForbiddenText } from '../../src/schema/storable.ts'
import * as Type from '../../src/schema/type.ts'

const schema = {
  name: Type.String(),
  url: Type.Optional(Type.URL()),
  size: Type.Integer({ default: -1 }),
  note: Type.Union([Type.Null(), Type.String()], { default: null }),
  tags: Type.Array(Type.Union([Type.URL(), Type.Number()]), { default: [], uniqueItems: true }),
  device: Type.Optional(Type.Object({ os: Type.String({ default: 'x' }), toString: Type.Optional(Type.Any()) })),
  added: Type.Timestamp({ auto: true }),
  links: Type.Optional(Type.Record(Type.String(), Type.URL())),
}

const key = fc.oneof(
  fc.constantFrom(
    ...Object.keys(schema),
    'os',
    'constructor',
    '__proto__',
    'toString',
    'valueOf',
    'deleted',
    'data',
    'permissions',
    'read',
    'a.b',
    'a/b',
    '~',
  ),
  fc.string({ unit: 'binary' }),
)
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(' https://a.b/ ', 'a:b', '  '))
const url = fc.oneof({ weight: 9, arbitrary: fc.webPath().map((path) => ` https://a.b${path}`) }, { weight: 1, arbitrary: text })
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    text,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
}))
const likely = fc.record(
  {
    name: text,
    url,
    size: fc.nat(),
    note: fc.option(text),
    tags: fc.uniqueArray(url, { selector: (item) => item.trim() }),
    device: fc.record({ os: text, more: value }, { requiredKeys: [] }),
    added: fc.nat(),
    links: fc.dictionary(key, url),
  },
  { requiredKeys: ['name'] },
)
const fields = fc
  .tuple(likely, value)
  .map(([known, other]): JsonObject => JSON.parse(JSON.stringify(isJsonObject(other) ? { ...known, ...other } : known)))

for (const preserveUnknown of [true, false]) {
  const compiled = compileRecordSchema(schema, { preserveUnknown, resource: 'thing' })

  test(`R5.32 R5.33: no record makes validation throw or change it, and the result stays as it is (preserveUnknown: ${preserveUnknown})`, () => {
    let valid = 0
    fc.assert(
      fc.property(fields, (sent) => {
        const before = JSON.stringify(sent)
        const result = compiled.validate(sent, 'data.')
        assert.equal(JSON.stringify(sent), before)
        if (result.fields === undefined) {
          assert.ok(result.faults.length > 0 && result.faults.length <= 50)
          assert.deepEqual(
            result.faults.map((fault) => fault.name),
            result.faults.map((fault) => fault.name).toSorted((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1)),
          )
          return
        }
        valid += 1
        assert.equal(JSON.stringify(compiled.validate(result.fields, '').fields), JSON.stringify(result.fields))
        assert.equal(Object.getPrototypeOf(result.fields), Object.prototype)
      }),
      { numRuns: 1000 },
    )
    assert.ok(valid > 50, `${valid} of the records were valid`)
  })
}

test('R5.6 R10.15: no JSON makes the envelope throw, and a parsed one parses to itself', () => {
  const options = { permissions: ['read', 'write', 'toString'] }
  fc.assert(
    fc.property(value, fc.boolean(), (given, asData) => {
      const body: unknown = JSON.parse(JSON.stringify(asData ? { data: given } : given))
      const parsed = parseBody(body, options)
      if (parsed.faults === undefined) assert.deepEqual(parseBody(parsed, options), parsed)
      else assert.ok(parsed.faults.length > 0)
      if (parsed.data !== undefined) findForbiddenText(parsed.data)
    }),
    { numRuns: 1000 },
  )
})
