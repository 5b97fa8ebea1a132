import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InvalidParameters } from '../../../src/errors/invalid-parameters.ts'
import { type Json, parseObject } from '../../../src/primitives/json.ts'
import { mergeFields, mergePatch, mergeRecord } from '../../../src/resource/patch/merging.ts'
import { changePermissions } from '../../../src/resource/patch/permission-change.ts'

/** RFC 7396, appendix A. */
const appendix: [original: Json, patch: Json, result: Json][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

describe('a merge of fields', () => {
  it('R5.23: replaces values whole and stores null', () => {
    const record = { id: 'a', origin: { forest: 'oak' }, cap: 'brown', size: 4 }
    assert.deepEqual(mergeFields(record, { origin: { river: 'Ebro' }, cap: null, ring: true }), {
      id: 'a',
      origin: { river: 'Ebro' },
      cap: null,
      size: 4,
      ring: true,
    })
    assert.deepEqual(record.origin, { forest: 'oak' })
  })

  it('R5.23: keeps a field __proto__ as a field', () => {
    const merged = mergeFields(parseObject('{"a":1}'), parseObject('{"__proto__":{"x":1}}'))
    assert.equal(JSON.stringify(merged), '{"a":1,"__proto__":{"x":1}}')
    assert.equal(Object.getPrototypeOf(merged), Object.prototype)
  })
})

describe('a merge patch', () => {
  for (const [original, patch, result] of appendix) {
    it(`R5.24: RFC 7396 ${JSON.stringify(original)} + ${JSON.stringify(patch)} = ${JSON.stringify(result)}`, () => {
      assert.deepEqual(mergePatch(original, patch), result)
    })
  }

  it('R5.24: merges sub-objects and removes what is null', () => {
    const record = { id: 'a', origin: { forest: 'oak', soil: { ph: 6, wet: true } }, tags: ['a'], cap: 'x', kept: null }
    assert.deepEqual(mergeRecord(record, { origin: { soil: { ph: 7 }, forest: null }, tags: ['z'], cap: null }), {
      id: 'a',
      origin: { soil: { ph: 7, wet: true } },
      tags: ['z'],
      kept: null,
    })
  })

  it('R5.24: an object replaces a scalar, a null, an array', () => {
    assert.deepEqual(mergeRecord({ a: 1, b: null, c: [1] }, { a: { x: 1 }, b: { x: null }, c: { x: 2 } }), {
      a: { x: 1 },
      b: {},
      c: { x: 2 },
    })
  })

  it('R5.24: id and last_modified cannot be removed, but below the record they are names like any other', () => {
    const record = { id: 'a', last_modified: 5, sub: { id: 1 } }
    assert.deepEqual(mergeRecord(record, { id: null, last_modified: null, sub: { id: null } }), { id: 'a', last_modified: 5, sub: {} })
    assert.deepEqual(mergeRecord(record, { last_modified: 6 }), { ...record, last_modified: 6 })
  })

  it('R5.24: keys __proto__ and constructor are keys', () => {
    const patch = parseObject('{"__proto__":{"polluted":1,"x":null},"constructor":{"prototype":{"polluted":1}}}')
    const merged = mergeRecord(parseObject('{"__proto__":{"x":1,"y":2}}'), patch)
    assert.equal(JSON.stringify(merged), '{"__proto__":{"y":2,"polluted":1},"constructor":{"prototype":{"polluted":1}}}')
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
    assert.equal(Object.getPrototypeOf(merged), Object.prototype)
  })

  it('R5.24: a patch nested too deeply is refused', () => {
    const deep = parseObject(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`)
    assert.throws(() => mergeRecord({}, deep), InvalidParameters)
  })

  it('R5.24: merging twice is merging once, and nothing given is changed', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (target, patch) => {
        const [a, b] = [parseObject(JSON.stringify(target)), parseObject(JSON.stringify(patch))]
        const texts = JSON.stringify([a, b])
        const once = mergeRecord(a, b)
        assert.deepEqual(mergeRecord(once, b), once)
        assert.equal(JSON.stringify([a, b]), texts)
      }),
    )
  })
})

describe('a change of permissions', () => {
  const named = { read: ['a', 'b', 'a'], write: [], 'note:create': null }

  it('R10.13 R10.15: replaces what is named, empties [], ignores null, collapses duplicates', () => {
    assert.deepEqual(changePermissions(named, 'json'), { read: ['a', 'b'], write: [] })
  })

  it('R10.13: in a merge patch null empties', () => {
    assert.deepEqual(changePermissions(named, 'merge-patch'), { read: ['a', 'b'], write: [], 'note:create': [] })
  })
})
