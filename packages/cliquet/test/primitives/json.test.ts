import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../src/primitives/json.ts'
import { isJsonArray, isJsonObject, parseObject, sortKeys, storedText } from '../../src/primitives/json.ts'

it('stored text keeps the order of the outer keys and sorts the inner ones', () => {
  assert.equal(storedText({ z: 1, a: { d: [{ y: 1, x: 2 }], c: 3 } }), '{"z":1,"a":{"c":3,"d":[{"x":2,"y":1}]}}')
  assert.equal(storedText({ z: 1, a: 2 }), '{"z":1,"a":2}')
  assert.equal(storedText({}), '{}')
})

it('stored text is read back as the same value, whatever its keys', () => {
  const fields = fc.dictionary(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('__proto__')), fc.jsonValue())
  fc.assert(
    fc.property(fields, (value) => {
      const plain = parseObject(JSON.stringify(value))
      assert.deepEqual(parseObject(storedText(plain)), plain)
    }),
  )
})

it('deeply equal values have the same sorted text', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, item]) => [key, reversed(item)]),
    )
  }
  fc.assert(
    fc.property(fc.json(), (text) => {
      const one = JSON.parse(text)
      assert.equal(JSON.stringify(sortKeys(one)), JSON.stringify(sortKeys(JSON.parse(JSON.stringify(reversed(one))))))
    }),
  )
})

it('objects, arrays and null are told apart', () => {
  const values: readonly (null | readonly number[] | JsonObject)[] = [null, [1], { a: 1 }]
  assert.deepEqual(values.map(isJsonObject), [false, false, true])
  assert.deepEqual(values.map(isJsonArray), [false, true, false])
})
