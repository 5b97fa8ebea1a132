import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseObject } from '../../../src/primitives/json.ts'
import { sameJson } from '../../../src/resource/patch/equality.ts'
import { behave, parseBehavior } from '../../../src/resource/patch/response-behavior.ts'

const before = { id: 'a', last_modified: 1, name: 'Porcini', cap: 'brown', size: 4, origin: { forest: 'oak', wet: true } }

describe('Response-Behavior', () => {
  it('R5.28: is full unless given', () => {
    assert.deepEqual([undefined, 'full', 'light', 'diff'].map(parseBehavior), ['full', 'full', 'light', 'diff'])
  })
  for (const word of ['short', 'Light', '', 'light, diff', 'toString']) {
    it(`R5.28 R3.6: ${JSON.stringify(word)} is refused`, () => {
      assert.throws(() => parseBehavior(word), {
        message: `Response-Behavior in header: ${JSON.stringify(word)} is not one of full, light, diff`,
      })
    })
  }

  const after = { ...before, last_modified: 2, size: 5 }
  it('R5.28: full shows the whole record', () => assert.deepEqual(behave('full', { before, after, sent: { size: 5 } }), after))
  it('R5.28: light shows the sent fields that are not as before', () => {
    assert.deepEqual(behave('light', { before, after, sent: { size: 5, cap: 'brown' } }), { size: 5 })
    assert.deepEqual(behave('light', { before, after, sent: { id: 'a' } }), {})
  })
  it('R5.28: diff shows of those the ones that are not as sent', () => {
    assert.deepEqual(behave('diff', { before, after, sent: { size: 5 } }), {})
    assert.deepEqual(behave('diff', { before, after, sent: { size: '5', cap: 'red' } }), { size: 5 })
  })
  it('R5.28: light shows new fields, and objects by their content', () => {
    const merged = { ...after, ring: true, origin: { wet: true, forest: 'oak' } }
    assert.deepEqual(behave('light', { before, after: merged, sent: { ring: true, origin: { wet: true } } }), { ring: true })
  })
  it('R5.28: with a merge patch diff shows an object that has more than was sent', () => {
    const merged = { ...after, origin: { forest: 'pine', wet: true } }
    assert.deepEqual(behave('diff', { before, after: merged, sent: { origin: { forest: 'pine' } } }), { origin: merged.origin })
  })
  it('R5.28: removed fields are left out', () => {
    const { cap, ...removed } = after
    assert.equal(cap, 'brown')
    assert.deepEqual(behave('light', { before, after: removed, sent: { cap: null } }), {})
  })
  it('R5.28: with JSON Patch, where the whole patched record counts as sent, light shows all that changed', () => {
    assert.deepEqual(behave('light', { before, after, sent: { ...before, size: 5 } }), { last_modified: 2, size: 5 })
  })
  it('R5.28: a field __proto__ is one like any other', () => {
    const sent = parseObject('{"__proto__":{"x":1}}')
    assert.equal(JSON.stringify(behave('light', { before, after: sent, sent })), '{"__proto__":{"x":1}}')
    assert.deepEqual(behave('light', { before, after: sent, sent: {} }), {})
  })
  it('R5.28: values of different types, lengths and keys differ', () => {
    for (const [a, b] of [
      [1, '1'],
      [1, true],
      [null, undefined],
      [[], {}],
      [[1], [1, 2]],
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: 1 }, { b: 1 }],
      [{ toString: 1 }, {}],
    ] as const) {
      assert.equal(sameJson(a, b), false)
      assert.equal(sameJson(b, a), false)
    }
    assert.ok(sameJson({ a: [{ b: 1 }], c: 0 }, { c: -0, a: [{ b: 1 }] }))
  })
})
