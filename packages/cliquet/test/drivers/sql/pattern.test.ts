import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesPattern } from '../../../src/drivers/sql/pattern.ts'

test('R7.8: a pattern is anchored, its stars match any run, and without stars it is searched anywhere', () => {
  const matching: [string, string][] = [
    ['banana', 'nan'],
    ['banana', 'b*a'],
    ['banana', '*nan*'],
    ['banana', 'banana*'],
    ['banana', '**'],
    ['', '*'],
    ['x', ''],
    ['ÉTÉ', 'été'],
    ['ΟΔΟΣ', 'οδοσ*'],
    ['a%b_c.(d)\\', '*%b_c.(d)\\'],
    ['abcbc', 'a*bc'],
  ]
  for (const [text, pattern] of matching) assert.ok(matchesPattern(text, pattern), `${text} ~ ${pattern}`)
  const different: [string, string][] = [
    ['banana', 'nan*'],
    ['banana', '*nan'],
    ['abc', 'ab*bc'],
    ['aXb', 'a_b'],
    ['ab', 'a*b*b'],
  ]
  for (const [text, pattern] of different) assert.ok(!matchesPattern(text, pattern), `${text} !~ ${pattern}`)
})

test('R7.8: a pattern of many stars takes no time to fail', () => {
  const begin = performance.now()
  assert.ok(!matchesPattern('a'.repeat(100_000), `${'a*'.repeat(50)}b`))
  assert.ok(performance.now() - begin < 1000)
})
