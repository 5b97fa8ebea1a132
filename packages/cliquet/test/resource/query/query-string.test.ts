import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HttpError } from '../../../src/errors/http-error.ts'
import { lastValue, parseQueryString } from '../../../src/resource/query/query-string.ts'

const decoded: Record<string, [text: string, parameters: [string, string][]]> = {
  'keeps order and repetition': [
    'b=1&a=2&b=3',
    [
      ['b', '1'],
      ['a', '2'],
      ['b', '3'],
    ],
  ],
  'decodes + and %20 as spaces': ['a+b=c%20d+e', [['a b', 'c d e']]],
  'decodes an escaped + as itself': ['a=1%2B1', [['a', '1+1']]],
  'decodes UTF-8': [
    'name=C%C3%A8pe+%F0%9F%8D%84+%26+co&_fields=name',
    [
      ['name', 'Cèpe 🍄 & co'],
      ['_fields', 'name'],
    ],
  ],
  'takes raw characters as they are': ['name=C%C3%A8pe=è🍄', [['name', 'Cèpe=è🍄']]],
  'splits at the first =': ['a=b=c', [['a', 'b=c']]],
  'gives a parameter without = the empty value': [
    'a&b=',
    [
      ['a', ''],
      ['b', ''],
    ],
  ],
  'skips empty parameters': ['&&a=1&', [['a', '1']]],
  'keeps a % that starts no escape': [
    'a=100%&b=%zz%4',
    [
      ['a', '100%'],
      ['b', '%zz%4'],
    ],
  ],
  'keeps a byte order mark': ['a=%EF%BB%BFx', [['a', '\ufeffx']]],
  'keeps __proto__ as a name': ['__proto__=1', [['__proto__', '1']]],
  'gives nothing for an empty text': ['', []],
}

describe('a query string', () => {
  for (const [name, [text, parameters]] of Object.entries(decoded)) {
    it(`R7.1: ${name}`, () => assert.deepEqual(parseQueryString(text), parameters))
  }

  for (const text of ['a=%E8', '%ff=1', 'a=%C3', 'a=\ud800', 'a=%ED%A0%80', 'a=1&b=%80']) {
    it(`R1.16: ${JSON.stringify(text)} is not UTF-8 and refused`, () => {
      assert.throws(
        () => parseQueryString(text),
        (error) => error instanceof HttpError && error.statusCode === 400 && error.errno === 107 && /encoding.*UTF-8/.test(error.message),
      )
    })
  }

  it('R7.1: what URLSearchParams encodes is got back', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
        const parameters = parseQueryString(new URLSearchParams(pairs).toString())
        assert.deepEqual(parameters, pairs)
      }),
    )
  })

  it('R7.1: only the encoding error is ever thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a%&=+0-9A-F\xff-]*$/)), (text) => {
        try {
          parseQueryString(text)
        } catch (error) {
          assert.ok(error instanceof HttpError)
        }
      }),
    )
  })

  it('R8.5: of a repeated parameter the last one counts, an empty one is not given', () => {
    assert.equal(
      lastValue(
        [
          ['a', '1'],
          ['a', ' 2 '],
        ],
        'a',
      ),
      '2',
    )
    assert.equal(
      lastValue(
        [
          ['a', '1'],
          ['a', ''],
        ],
        'a',
      ),
      undefined,
    )
    assert.equal(lastValue([], 'a'), undefined)
  })
})
