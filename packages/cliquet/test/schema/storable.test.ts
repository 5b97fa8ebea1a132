import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/primitives/json.ts'
import { findForbiddenText } from '../../src/schema/storable.ts'

const nested = (levels: number, [open, close]: [string, string]): JsonObject =>
  JSON.parse(`{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`)

test('text with any other character is storable', () => {
  for (const text of ['', 'é', '😀', '\u0001', '\ufffe', '\\u0000', '\\ud800', '\u{10ffff}']) {
    assert.equal(findForbiddenText({ [text]: [text, { [text]: text }] }), undefined)
  }
})

test('NUL and lone surrogates are refused in every text and key, and the place is named', () => {
  for (const bad of ['\0', 'a\0b', '\ud800', '\udc00', 'a\udc00\ud800', '😀\ud83d']) {
    const shown = bad.toWellFormed()
    const places: [JsonObject, string][] = [
      [{ a: bad }, 'data.a'],
      [{ ok: 1, a: { b: ['x', bad] } }, 'data.a.b.1'],
      [{ [bad]: 1 }, `data.${shown}`],
      [{ a: [{ [bad]: 1 }] }, `data.a.0.${shown}`],
      [JSON.parse(`{"__proto__":{"b":${JSON.stringify(bad)}}}`), 'data.__proto__.b'],
    ]
    for (const [fields, name] of places) {
      assert.deepEqual(findForbiddenText(fields), { location: 'body', name, description: 'Invalid character: NUL or a lone surrogate' })
    }
  }
})

test('nesting to 100 levels is storable, deeper is refused, 100,000 levels too', () => {
  for (const brackets of [
    ['[', ']'],
    ['{"a":', '}'],
  ] satisfies [string, string][]) {
    assert.equal(findForbiddenText(nested(100, brackets)), undefined)
    for (const levels of [101, 100_000]) {
      assert.deepEqual(findForbiddenText(nested(levels, brackets)), {
        location: 'body',
        name: 'data',
        description: 'Nested deeper than 100 levels',
      })
    }
  }
})
