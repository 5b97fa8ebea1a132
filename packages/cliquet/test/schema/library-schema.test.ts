import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fields } from '../../src/schema/fields.ts'
import { compileRecordSchema } from '../../src/schema/record-schema.ts'
import type { StandardResult, StandardSchema } from '../../src/schema/standard-schema.ts'

interface Sent {
  name: string
  size?: number
}

const jsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { name: { type: 'string', format: 'nickname' }, size: { type: 'number', default: 3 }, when: { type: ['string', 'null'] } },
  required: ['name'],
}

/** Behaves as the object of a library does: it knows more than its JSON Schema, cleans up, and forgets what it does not know. */
const library = (validate: StandardSchema<Sent, Sent>['~standard']['validate']): StandardSchema<Sent, Sent> => ({
  '~standard': { version: 1, vendor: 'example', validate, jsonSchema: { input: () => jsonSchema, output: () => jsonSchema } },
})

const lowerCase = library((value): StandardResult<Sent> => {
  const { name, size } = value as Sent // its JSON Schema holds already
  if (name === 'root')
    return {
      issues: [
        { message: 'Not that name', path: [{ key: 'name' }] },
        { message: 'Not alone', path: ['other', 0] },
      ],
    }
  return { value: { name: name.toLowerCase(), ...(size === undefined ? {} : { size }) } }
})

const compile = (schema: StandardSchema<Sent, Sent>, preserveUnknown = true) =>
  compileRecordSchema(schema, { preserveUnknown, resource: 'thing' })

test('R5.33: the JSON Schema of a library gives fields, defaults and faults', () => {
  const compiled = compile(lowerCase)
  assert.deepEqual([compiled.fieldNames, compiled.requiredFields], [['name', 'size', 'when'], ['name']])
  assert.deepEqual(compiled.validate({}, 'data.').faults, [{ location: 'body', name: 'data.name', description: 'Required' }])
  assert.deepEqual(compiled.validate({ name: 'a', size: 'x' }, 'data.').faults, [
    { location: 'body', name: 'data.size', description: '"x" is not a number' },
  ])
})

test('R5.32: the library has the last word on its fields, the others are kept or dropped as the resource says', () => {
  const sent = JSON.parse('{"name":"ANN","cap":1,"__proto__":{"x":1}}')
  assert.equal(JSON.stringify(compile(lowerCase).validate(sent, 'data.').fields), '{"name":"ann","size":3,"cap":1,"__proto__":{"x":1}}')
  assert.deepEqual(compile(lowerCase, false).validate(sent, 'data.').fields, { name: 'ann', size: 3 })
})

test('R3.6: issues that JSON Schema cannot express are faults', () => {
  assert.deepEqual(compile(lowerCase).validate({ name: 'root' }, 'data.').faults, [
    { location: 'body', name: 'data.name', description: 'Not that name' },
    { location: 'body', name: 'data.other.0', description: 'Not alone' },
  ])
})

test('what a library cannot express in JSON is a ConfigurationError', () => {
  const dates = library(() => ({ value: { name: '' } }))
  const schema: StandardSchema<Sent, Sent> = {
    '~standard': {
      ...dates['~standard'],
      jsonSchema: { input: () => jsonSchema, output: () => assert.fail('Date cannot be represented') },
    },
  }
  assert.throws(() => compile(schema), /"thing": the schema can't be expressed in JSON: Date cannot be represented/)
  assert.throws(() => compile(library(async () => ({ value: { name: '' } }))).validate({ name: 'a' }, 'data.'), /validates asynchronously/)
})

test('the fields have the types of the library', () => {
  const fields: Fields<typeof lowerCase> = { name: 'a' }
  assert.deepEqual(fields, { name: 'a' })
})
