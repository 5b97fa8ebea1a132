import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoadControl } from '../../src/http/load-control.ts'
import { type Outcome, openArrivals, simulate } from './simulated-loop.ts'

/** Numbers from 0 to 1, the same with each run (mulberry32). */
function createDraw(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const refusedOf = (outcomes: readonly Outcome[]): Outcome[] => outcomes.filter(({ refused }) => refused)

function p99(outcomes: readonly Outcome[]): number {
  const sorted = outcomes.map(({ took }) => took).sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN
}

/** What the process takes for a small read, for a list, and for something heavy. */
const costs = [0.06, 0.4, 2]
const limit = 50
const second = 1000

for (const cost of costs) {
  const draw = createDraw(1)

  test(`Nothing is refused up to 95 % of what can be served (${cost} ms a request)`, () => {
    for (const share of [0.1, 0.5, 0.8, 0.95]) {
      const outcomes = simulate({ cost, limit, arrivals: openArrivals(0, 4 * second, share / cost, draw) })
      assert.deepEqual(refusedOf(outcomes), [], `at ${share}`)
    }
  })

  test(`At five times of what can be served, those let in are served nearly as fast as ever, and as many as before (${cost} ms a request)`, () => {
    const outcomes = simulate({ cost, limit, arrivals: openArrivals(0, 5 * second, 5 / cost, draw) })
    const steady = outcomes.filter(({ at }) => at > second)
    const served = steady.filter(({ refused }) => !refused)
    assert.ok(p99(served) < 3 * cost + 4, `${p99(served)} ms`)
    assert.ok(p99(refusedOf(steady)) < 3 * cost + 4, `${p99(refusedOf(steady))} ms`)
    // A refusal costs a twentieth: four in five take a fifth of the time.
    assert.ok(served.length * cost > 0.65 * 4 * second, `${served.length * cost} ms of ${4 * second}`)
    assert.ok(steady.every(({ slowed }) => slowed))
  })

  test(`A second after the load has gone nothing is refused (${cost} ms a request)`, () => {
    const arrivals = [...openArrivals(0, 3 * second, 5 / cost, draw), ...openArrivals(3 * second, 8 * second, 0.6 / cost, draw)]
    const late = simulate({ cost, limit, arrivals }).filter(({ at }) => at > 4 * second)
    assert.deepEqual(refusedOf(late), [])
    assert.ok(!late.slice(-100).some(({ slowed }) => slowed))
  })

  test(`A pause of the process is no overload (${cost} ms a request)`, () => {
    const pauses = [20, 100, 250].map((length, place) => ({ at: place * 2 * second + 100, length }))
    const outcomes = simulate({ cost, limit, pauses, arrivals: openArrivals(0, 6 * second, 0.7 / cost, draw) })
    assert.deepEqual(refusedOf(outcomes), [])
  })
}

test('Under overload nobody is let in who has waited through a pause of the process', () => {
  const draw = createDraw(5)
  const pauses = Array.from({ length: 20 }, (_, place) => ({ at: second + place * 200, length: 40 }))
  const outcomes = simulate({ cost: 0.4, limit, pauses, arrivals: openArrivals(0, 5 * second, 5 / 0.4, draw) })
  const served = outcomes.filter(({ at, refused }) => at > second && !refused)
  assert.ok(p99(served) < 6, `${p99(served)} ms`)
})

test('Clients who ask one request after the other are all served, as long as they need not wait for longer than the limit', () => {
  for (const [cost, clients] of [
    [0.06, 500],
    [0.4, 64],
    [10, 4],
  ] as const) {
    const draw = createDraw(2)
    const again = (now: number): number | undefined => (now < 10 * second ? now + draw() * 0.1 : undefined)
    const outcomes = simulate({ cost, limit, again, arrivals: Array.from({ length: clients }, (_, place) => place / 1000) })
    assert.deepEqual(refusedOf(outcomes), [], `${clients} clients of ${cost} ms`)
  }
})

test('Clients who ask again at once, whatever they are answered, keep up an overload for half a minute at most', () => {
  const draw = createDraw(3)
  const again = (now: number): number | undefined => (now < 40 * second ? now + draw() * 0.1 : undefined)
  const clients = Array.from({ length: 16 }, (_, place) => place / 1000)
  // Sixteen of 2 ms are not too many; those who come beside them for a second are.
  const outcomes = simulate({
    cost: 2,
    limit,
    again: (now) => (now < second ? undefined : again(now)),
    arrivals: [...clients, ...openArrivals(1, second, 5, draw)],
  })
  assert.ok(refusedOf(outcomes).length > 0)
  assert.deepEqual(refusedOf(outcomes.filter(({ at }) => at > 35 * second)), [])
})

test('Clients are asked to slow down before anybody is refused', () => {
  const draw = createDraw(4)
  // Just too many: what waits grows slowly.
  const outcomes = simulate({ cost: 0.4, limit, arrivals: openArrivals(0, 10 * second, 1.05 / 0.4, draw) })
  const firstRefused = outcomes.findIndex(({ refused }) => refused)
  const firstSlowed = outcomes.findIndex(({ slowed }) => slowed)
  assert.ok(firstSlowed >= 0 && firstSlowed < firstRefused, `${firstSlowed} and ${firstRefused}`)
})

test('A line before the backends counts like one before the process', () => {
  const arrivals = Array.from({ length: 10 * second }, (_, at) => at)
  const wait = (now: number): number => (now > second && now < 5 * second ? 80 : 0)
  const outcomes = simulate({ cost: 0.1, limit, arrivals, expectedWait: wait })
  const times = refusedOf(outcomes).map(({ at }) => at)
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  assert.ok(first >= second + 200 && first < second + 220, `${first}`)
  assert.ok(last >= 4990 && last <= 5000, `${last}`)
  assert.equal(times.length, last - first + 1)
})

test('It is over when no more come than could be served before, although not all of them fit in', () => {
  let now = 0
  let wait = 0
  let held = 0
  const turn: (() => void)[] = []
  const ends: number[] = []
  const control = new LoadControl({
    limit,
    now: () => now,
    expectedWait: () => wait,
    held: () => held,
    afterTurn: (work) => turn.push(work),
    onEnd: () => ends.push(now),
  })
  /** So many requests each ms, until then; who is let in is served at once. */
  const run = (until: number, each: number): void => {
    for (; now < until; now += 1) {
      for (let i = 0; i < each; i += 1) if (control.admits('read')) control.learn(1)
      for (const work of turn.splice(0)) work()
    }
  }
  run(2 * second, 10)
  wait = 80
  run(3 * second, 10)
  assert.ok(control.isRefusing)
  // As many as ever, of whom the backends take none: not over, nor while others wait to be told.
  run(5 * second, 10)
  held = 500
  run(7 * second, 4)
  assert.deepEqual(ends, [])
  held = 0
  run(8 * second, 4)
  assert.equal(ends.length, 1)
})
