import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvalidJson, parseJson } from '../../src/schema/json-text.ts'

const digits = (count: number) => '9'.repeat(count)

test('R0.3: numbers that overflow a double are a JSON error', () => {
  const numbers = [
    '1e999',
    '-1E+309',
    '1e0000400',
    '0.1e400',
    `${digits(310)}`,
    `${digits(309)}.5`,
    `${digits(300)}e9`,
    `${digits(211)}e99`,
    '1.7976931348623159e308',
  ]
  for (const number of numbers) {
    for (const text of [number, `[${number}]`, `{"a":{"b":[1,${number}]}}`, `["1e400",${number}]`]) {
      assert.throws(() => parseJson(text), { name: 'InvalidJson', message: 'Invalid JSON: a number is out of range' }, text)
    }
  }
})

test('R0.3: big, small and imprecise numbers are accepted', () => {
  for (const text of ['1.7976931348623157e308', '1e-999', '9007199254740993', digits(308), `"${digits(400)}"`, '"1e999"', '-0', '5e-324']) {
    assert.equal(parseJson(text), JSON.parse(text))
  }
})

test('R0.3: NaN, Infinity and whatever is not JSON are errors with a reason', () => {
  for (const text of ['', ' ', 'NaN', 'Infinity', '-Infinity', '{"a": ', '{a:1}', "{'a':1}", '[1,]', '01', '"\n"', '{}{}', '\ufeff{}']) {
    assert.throws(
      () => parseJson(text),
      (error) => error instanceof InvalidJson && /^Invalid JSON: ./.test(error.message) && error.cause instanceof SyntaxError,
    )
  }
})

test('R0.3: of duplicate keys the last wins', () => assert.deepEqual(parseJson('{"a":1,"a":2}'), { a: 2 }))

test('R0.3: 100,000 levels do not overflow the stack', () => {
  assert.doesNotThrow(() => parseJson(`${'['.repeat(100_000)}"1e400"${']'.repeat(100_000)}`))
  assert.throws(() => parseJson(`${'['.repeat(100_000)}1e400${']'.repeat(100_000)}`), InvalidJson)
})

test('R0.3: what is accepted is what JSON.parse gives, with finite numbers only', () => {
  const exponent = fc.option(fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), fc.integer({ min: 0, max: 420 })), {
    nil: undefined,
  })
  const number = fc.tuple(fc.integer({ min: 0, max: 320 }), exponent).map(([length, e]) => `1${'0'.repeat(length)}${e?.join('') ?? ''}`)
  fc.assert(
    fc.property(number, (text) => {
      const finite = Number.isFinite(JSON.parse(text))
      if (finite) assert.equal(parseJson(text), JSON.parse(text))
      else assert.throws(() => parseJson(text), InvalidJson)
    }),
    { numRuns: 500 },
  )
})
