import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Labels, Metrics } from '../../src/index.ts'
import type { Kind, Lookup, Told } from '../../src/testing/index.ts'
import { metricsSuite } from '../../src/testing/metrics-conformance.ts'
import { prove } from '../../src/testing/suite.ts'

interface Series {
  total: number
  times: number
  readonly values: Set<string>
}

/** A driver that keeps what it is told in memory. */
function createKept(): { metrics: Metrics; told: () => Promise<Lookup> } {
  const kept = new Map<string, Series>()
  const keyOf = (kind: Kind, name: string, labels: Labels = {}): string => JSON.stringify([kind, name, labels])
  let isClosed = false
  function take(
    kind: Kind,
    name: string,
    value: number,
    { labels = {}, unique }: { labels?: Labels | undefined; unique?: string | undefined },
  ) {
    if (isClosed || !Number.isFinite(value)) return
    const key = keyOf(kind, name, labels)
    const series = kept.get(key) ?? { total: 0, times: 0, values: new Set() }
    kept.set(key, series)
    series.times += 1
    if (unique !== undefined) series.values.add(unique)
    series.total = kind === 'gauge' ? value : unique === undefined ? series.total + value : series.values.size
  }
  const metrics: Metrics = {
    count: (name, { by = 1, labels, unique } = {}) => take('count', name, by, { labels, unique }),
    time: (name, value, labels) => take('time', name, value, { labels }),
    observe: (name, value, labels) => take('observe', name, value, { labels }),
    gauge: (name, value, labels) => take('gauge', name, value, { labels }),
    async close() {
      isClosed = true
    },
  }
  return {
    metrics,
    told:
      async () =>
      (kind, name, labels): Told | undefined =>
        kept.get(keyOf(kind, name, labels)),
  }
}

const account = (change: (metrics: Metrics) => Partial<Metrics>) =>
  prove(
    metricsSuite(
      'kept',
      () => {
        const { metrics, told } = createKept()
        return { told, metrics: { ...metrics, ...change(metrics) } }
      },
      { knowsSets: true },
    ),
  )

test('the suite of metrics is content with a driver that keeps its promises', async () => {
  const { broken, complaints } = await account(() => ({}))
  assert.deepEqual([broken, complaints], [[], []])
})

/** What is changed, and the first promise that the suite must find broken. */
const faults: readonly (readonly [promise: string, fault: string, change: (metrics: Metrics) => Partial<Metrics>])[] = [
  ['M1', 'counts by one only', (own) => ({ count: (name, options) => own.count(name, { ...options, by: 1 }) })],
  ['M1', 'forgets labels', (own) => ({ count: (name) => own.count(name) })],
  ['M2', 'rounds durations', (own) => ({ time: (name, value, labels) => own.time(name, value > 1000 ? 0 : value, labels) })],
  ['M3', 'leaves out small values', (own) => ({ observe: (name, value, labels) => value > 0 && own.observe(name, value, labels) })],
  ['M4', 'adds up gauges below zero', (own) => ({ gauge: (name, value, labels) => own.gauge(name, Math.abs(value), labels) })],
  [
    'M5',
    'mixes up labels',
    (own) => ({
      count: (name, o) =>
        own.count(name, {
          ...o,
          labels: Object.fromEntries(
            Object.values(o?.labels ?? {})
              .sort()
              .map((v) => [v, v]),
          ),
        }),
    }),
  ],
  ['M6', 'counts every value', (own) => ({ count: (name, options) => own.count(name, { ...options, unique: undefined }) })],
  [
    'M7',
    'throws at an odd number',
    (own) => ({
      time(name, value, labels) {
        if (!Number.isFinite(value)) throw new RangeError(name)
        own.time(name, value, labels)
      },
    }),
  ],
  ['M9', 'goes on after its end', () => ({ close: async () => {} })],
]

for (const [promise, fault, change] of faults) {
  test(`the suite of metrics finds a driver that ${fault}: ${promise}`, async () => {
    const { broken } = await account((metrics) => change(metrics))
    assert.ok(broken.includes(promise), `broken: ${broken.join(', ')}`)
  })
}

test('the suite of metrics finds drivers that meet: M10', async () => {
  const shared = createKept()
  const { broken } = await prove(
    metricsSuite('shared', () => ({ told: shared.told, metrics: { ...shared.metrics, close: async () => {} } })),
  )
  assert.ok(broken.includes('M10'), `broken: ${broken.join(', ')}`)
})
