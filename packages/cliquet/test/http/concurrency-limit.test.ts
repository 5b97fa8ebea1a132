import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConcurrencyLimit } from '../../src/http/concurrency-limit.ts'

/**
 * A backend that works on one request after the other, so that each waits for those before it, for so many ms; and more clients than that. Time is made.
 * @returns how many were under way in each tenth of a second
 */
function load(limit: ConcurrencyLimit, { cost, periods }: { readonly cost: number; readonly periods: number }): number[] {
  const underWay: { readonly began: number; readonly leave: (took: number) => void }[] = []
  const counts: number[] = []
  let now = 0
  limit.begin(now)
  for (let period = 0; period < periods; period += 1) {
    for (const end = now + 100; now < end; now += cost) {
      while (!limit.isReached && underWay.length < 1000) underWay.push({ began: now, leave: limit.enter() })
      const first = underWay.shift()
      first?.leave(now + cost - first.began)
    }
    counts.push(underWay.length)
    limit.adjust(now)
  }
  return counts
}

describe('The limit of requests under way', () => {
  it('falls until they take half as long again as usual', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 100; i += 1) limit.learn(8)
    // Of 1 ms, so twelve at once take 12 ms each.
    const counts = load(limit, { cost: 1, periods: 30 }).slice(-10)
    assert.ok(
      counts.every((count) => count >= 9 && count <= 14),
      counts.join(),
    )
  })

  it('rises as long as they take no longer', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 100; i += 1) limit.learn(40)
    const counts = load(limit, { cost: 1, periods: 30 }).slice(-10)
    assert.ok(
      counts.every((count) => count >= 45 && count <= 70),
      counts.join(),
    )
  })

  it('never keeps all out, however slow they are', () => {
    const limit = new ConcurrencyLimit()
    limit.learn(1)
    limit.begin(0)
    const leave = [limit.enter(), limit.enter()]
    for (let now = 100; now < 5000; now += 100) limit.adjust(now)
    assert.equal(limit.isReached, true)
    leave[0]?.(5000)
    assert.equal(limit.isReached, false)
  })

  it('is not there before it is known how long requests usually take', () => {
    const limit = new ConcurrencyLimit()
    limit.begin(0)
    for (let i = 0; i < 100; i += 1) limit.enter()
    assert.equal(limit.isReached, false)
  })

  it('is not deceived by a few that take very long', () => {
    const limit = new ConcurrencyLimit()
    for (let i = 0; i < 100; i += 1) limit.learn(i % 20 === 19 ? 60_000 : 8)
    const counts = load(limit, { cost: 1, periods: 30 }).slice(-10)
    assert.ok(
      counts.every((count) => count <= 16),
      counts.join(),
    )
  })
})
