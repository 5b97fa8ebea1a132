import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/errors/configuration-error.ts'
import { createMetaCheck } from '../../src/schema/ajv.ts'
import type { AnySchema } from '../../src/schema/fields.ts'
import { compileRecordSchema } from '../../src/schema/record-schema.ts'
import * as Type from '../../src/schema/type.ts'

const metaCheck = createMetaCheck()

const raw = (schema: object) => Type.Unsafe<string>(schema)
const several = Type.Union([Type.Object({ a: Type.String({ default: '' }) }), Type.Object({ b: Type.String() })])

const mistakes: [title: string, schema: AnySchema, field: string, problem: RegExp][] = [
  ['an unknown keyword', { a: Type.String(), b: Type.String({ maxlength: 3 }) }, 'b', /unknown keyword: "maxlength"/],
  ['an unknown keyword inside', { b: Type.Array(Type.String({ maxlength: 3 })) }, 'b', /unknown keyword: "maxlength"/],
  ['an unknown format', { b: Type.String({ format: 'colour' }) }, 'b', /unknown format "colour"/],
  ['a keyword of the wrong type', { b: raw({ type: 'string', minLength: 'x' }) }, 'b', /minLength must be integer/],
  ['an unknown type', { b: raw({ type: 'text' }) }, 'b', /type must be equal to one of the allowed values/],
  ['a broken pattern', { b: Type.String({ pattern: '(' }) }, 'b', /Invalid regular expression/],
  ['a reference to nothing', { b: Type.Ref('Nothing') }, 'b', /can't resolve reference Nothing/],
  ['a type that JSON does not have', { b: Type.BigInt() }, 'b', /type must be/],
  [
    'a default of another type',
    { b: raw({ type: 'string', default: 1 }) },
    'b',
    /the default 1 does not satisfy its own schema: data must be string/,
  ],
  ['a default that is no URL', { b: Type.URL({ default: 'nowhere' }) }, 'b', /the default "nowhere"/],
  ['a default of null', { b: raw({ type: 'string', default: null }) }, 'b', /the default null/],
  [
    'a default inside',
    { b: Type.Object({ c: Type.Integer({ default: 1.5 }) }) },
    'b',
    /at \/properties\/b\/properties\/c\): the default 1.5/,
  ],
  ['a function as check', { b: Type.Refine(Type.String(), () => true) }, 'b', /Type.Refine and Type.Codec are not supported/],
  ['an object as literal', { b: raw({ const: { a: 1 } }) }, 'b', /only text, numbers, booleans and null/],
  ['no schema', { b: 'string' }, 'b', /string is not a schema/],
]

for (const [title, schema, field, problem] of mistakes) {
  test(`${title} is a ConfigurationError that names resource and field`, () => {
    assert.throws(
      () => compileRecordSchema(schema, { preserveUnknown: true, resource: 'bookmark', metaCheck }),
      (error) => {
        assert.ok(error instanceof ConfigurationError)
        assert.match(error.message, problem)
        assert.ok(error.message.startsWith(`Resource "bookmark", field "${field}"`), error.message)
        return true
      },
    )
  })
}

for (const name of ['id', 'last_modified', 'deleted', '__proto__']) {
  test(`R5.36: a field can't be called ${name}`, () => {
    assert.throws(() => compileRecordSchema({ [name]: Type.String() }, { preserveUnknown: true, resource: 'bookmark', metaCheck }), {
      name: 'ConfigurationError',
      message: `Resource "bookmark": a field can't be called "${name}", that name is reserved.`,
    })
  })
}

test('a default that no value tells where to apply is refused', () => {
  assert.throws(
    () => compileRecordSchema({ several }, { preserveUnknown: true, resource: 'bookmark', metaCheck }),
    /"bookmark": a default inside a union/,
  )
})

test("annotations are welcome: those of JSON Schema, of OpenAPI, and one's own with x-", () => {
  const schema = {
    a: Type.String({
      title: 'A',
      description: 'a',
      deprecated: true,
      readOnly: true,
      examples: ['a'],
      example: 'a',
      'x-ui': { big: true },
    }),
  }
  const { jsonSchema } = compileRecordSchema(schema, { preserveUnknown: true, resource: 'bookmark', metaCheck })
  assert.deepEqual(jsonSchema.required, ['a'])
})

test('R5.32: a schema of another library needs to give JSON Schema', () => {
  const schema = { '~standard': { version: 1, vendor: 'other', validate: () => ({ value: {} }) } }
  assert.throws(
    () => compileRecordSchema(schema, { preserveUnknown: true, resource: 'bookmark', metaCheck }),
    /"bookmark": the schema gives no JSON Schema/,
  )
})
