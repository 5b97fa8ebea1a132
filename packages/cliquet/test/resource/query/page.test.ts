import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidParameters } from '../../../src/errors/invalid-parameters.ts'
import { parseListQuery } from '../../../src/resource/query/list-query.ts'
import { nextPageUrl } from '../../../src/resource/query/next-page.ts'
import { decodeToken, encodeToken } from '../../../src/resource/query/page-token.ts'
import { parseQueryString } from '../../../src/resource/query/query-string.ts'
import type { Sort } from '../../../src/storage/query.ts'

const asc = (field: string): Sort => ({ field, direction: 'ascending' })
const base64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
const position = { offset: 2, nonce: 'pagination-token-x', timestamp: 1430222877724 }
const sound = { last_object: { last_modified: 5 }, offset: 2, nonce: 'n' }

describe('a page token', () => {
  it('R8.7: is base64 of JSON with the values of the last item, absent ones omitted, dotted names as keys', () => {
    const token = encodeToken({ ...position, sort: [asc('a.b'), asc('c'), asc('last_modified')], values: ['x', undefined, 7] })
    assert.deepEqual(JSON.parse(Buffer.from(token, 'base64').toString()), { last_object: { 'a.b': 'x', last_modified: 7 }, ...position })
  })

  it('R8.7 R8.8 R8.12: is read back as it was made, in standard and URL-safe base64', () => {
    const field = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'a.b'), fc.string({ unit: 'grapheme', minLength: 1 }))
    const value = fc.oneof(fc.jsonValue({ noUnicodeString: false }), fc.constant(undefined))
    const entries = fc.uniqueArray(fc.tuple(field, value), { selector: ([name]) => name })
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(), (items, offset, timestamp) => {
        const sort = items.map(([name]) => asc(name))
        const values = items.map(([, item]) => JSON.parse(JSON.stringify({ item })).item)
        const token = encodeToken({ sort, values, offset, nonce: 'n', timestamp })
        const urlSafe = token.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
        if (JSON.stringify(items).includes('\\u0000')) return
        assert.deepEqual(decodeToken(token, sort), { values, offset, nonce: 'n', timestamp })
        assert.deepEqual(decodeToken(urlSafe, sort), { values, offset, nonce: 'n', timestamp })
      }),
    )
  })

  it('R8.9: of another _sort has absent values', () => {
    assert.deepEqual(decodeToken(base64(sound), [asc('name'), asc('toString'), asc('__proto__'), asc('last_modified')]).values, [
      undefined,
      undefined,
      undefined,
      5,
    ])
  })

  it('R8.9: with values of surprising types is accepted', () => {
    const token = base64({ ...sound, last_object: { last_modified: { x: [null] } } })
    assert.deepEqual(decodeToken(token, [asc('last_modified')]).values, [{ x: [null] }])
  })

  it('R8.12: without the timestamp of the first page is accepted', () => assert.equal(decodeToken(base64(sound), []).timestamp, undefined))

  const bad: Record<string, string> = {
    'is not base64': '$$$$',
    'is base64 of no UTF-8': 'abc',
    'is not JSON': base64('{"last_object"'),
    'is an array': base64([1]),
    'is a number': base64(5),
    'is null': base64(null),
    'lacks last_object': base64({ offset: 1, nonce: 'n' }),
    'lacks offset': base64({ last_object: {}, nonce: 'n' }),
    'lacks nonce': base64({ last_object: {}, offset: 1 }),
    'has a last_object that is a list': base64({ ...sound, last_object: [] }),
    'has a last_object that is null': base64({ ...sound, last_object: null }),
    'has a negative offset': base64({ ...sound, offset: -1 }),
    'has a timestamp that is text': base64({ ...sound, timestamp: '5\r\nX: y' }),
    'has a NUL in it': base64({ ...sound, last_object: { a: '\0' } }),
    'has half a surrogate pair in it': base64('{"last_object":{"a":"\\ud800"},"offset":1,"nonce":"n"}'),
    'has a number beyond a double': base64('{"last_object":{"a":1e999},"offset":1,"nonce":"n"}'),
    'is nested deeply': base64(`{"last_object":{"a":${'['.repeat(5000)}${']'.repeat(5000)}},"offset":1,"nonce":"n"}`),
  }
  for (const [what, token] of Object.entries(bad)) {
    it(`R8.9: that ${what} is refused`, () => {
      assert.throws(() => decodeToken(token, [asc('a')]), { message: 'querystring: _token has invalid content' })
    })
  }

  it('R8.9: of any text is refused or read, nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(base64)), (text) => {
        try {
          decodeToken(text, [asc('a')])
        } catch (error) {
          assert.ok(error instanceof InvalidParameters)
        }
      }),
    )
  })
})

describe('the URL of the next page', () => {
  const url = 'https://api.example/v1/articles'
  const next = (text: string, limit = 2, token = 'a+b/c==') => nextPageUrl(url, parseQueryString(text), limit, token)

  it('R8.6: adds _limit and _token', () => assert.equal(next(''), `${url}?_limit=2&_token=a%2Bb%2Fc%3D%3D`))

  it('R8.6: replaces those of the request and keeps the rest', () => {
    assert.equal(next('_token=old&a=1&_limit=100&a=2&_sort=b,-c', 3, 't'), `${url}?a=1&a=2&_sort=b%2C-c&_limit=3&_token=t`)
  })

  it('R8.6: escapes all but letters, digits and -._~, a space is +', () => {
    assert.equal(next("a=-._~%20*!'(),%22%C3%A8", 1, 't'), `${url}?a=-._~+%2A%21%27%28%29%2C%22%C3%A8&_limit=1&_token=t`)
  })

  it('R8.6 R8.7: leads to the same query, after the last item', () => {
    const options = { knownField: () => true, maxFetchSize: 10, now: 0 }
    const text = 'like_t=*+%26+*&_sort=-t&_fields=t&_limit=2'
    const first = parseListQuery(parseQueryString(text), options)
    const token = encodeToken({ ...position, sort: first.sort, values: ['ä', 5] })
    const second = parseListQuery(parseQueryString(next(text, first.limit, token).slice(url.length + 1)), options)
    assert.deepEqual(second, { ...first, after: ['ä', 5], token: { values: ['ä', 5], ...position } })
  })
})
