import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentValues } from '../../src/primitives/recent-values.ts'

test('what was asked for lately is known, and no more than twice as many values as said are', () => {
  const workedOut: string[] = []
  const values = new RecentValues(3)
  const ask = (key: string): string =>
    values.get(key, (asked) => {
      workedOut.push(asked)
      return asked.toUpperCase()
    })
  for (const key of ['a', 'b', 'c', 'a', 'b', 'c']) assert.equal(ask(key), key.toUpperCase())
  assert.deepEqual(workedOut, ['a', 'b', 'c'])
  for (const key of ['d', 'a', 'b', 'd']) ask(key)
  assert.deepEqual(workedOut.slice(3), ['d'])
  // Six other ones later nothing is known of the first.
  for (const key of ['e', 'f', 'g', 'h', 'i', 'j']) ask(key)
  assert.equal(ask('a'), 'A')
  assert.deepEqual(workedOut.slice(4), ['e', 'f', 'g', 'h', 'i', 'j', 'a'])
})
