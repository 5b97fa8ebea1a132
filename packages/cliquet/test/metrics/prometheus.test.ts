import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Metrics } from '../../src/index.ts'
import { createMetrics } from '../../src/metrics/prometheus/index.ts'
import { prefixOf } from '../../src/metrics/prometheus/names.ts'
import { addEnded, type Snapshot } from '../../src/metrics/prometheus/snapshot.ts'
import { type Lookup, metricsConformance } from '../../src/testing/index.ts'
import { parseExposition, total } from './exposition.ts'
import { metricsOptions } from './metrics-options.ts'

const read = async ({ exposition }: Metrics) => parseExposition((await exposition?.read()) ?? assert.fail('nothing can be read'))

/** Everything that is told but when it began. */
const shown = async (metrics: Metrics): Promise<readonly string[]> =>
  ((await metrics.exposition?.read()) ?? '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('_created'))

async function lookUp(metrics: Metrics, project: string): Promise<Lookup> {
  const samples = await read(metrics)
  return (kind, name, labels) => {
    const base = `${project}_${name.replaceAll('.', '_')}`
    const find = (suffix: string): number | undefined => total(samples, base + suffix, labels)
    if (kind === 'count' || kind === 'gauge') return toldOf(find(kind === 'count' ? '_total' : ''))
    const unit = kind === 'time' ? '_seconds' : ''
    return toldOf(find(`${unit}_sum`), find(`${unit}_count`), kind === 'time' ? 1000 : 1)
  }
}

const toldOf = (sum: number | undefined, times?: number, factor = 1) => (sum === undefined ? undefined : { total: sum * factor, times })

metricsConformance('prometheus', async ({ project }) => {
  // What can't be told is said, which the suite provokes.
  const metrics = await createMetrics({ ...metricsOptions({ project }), warn: () => {} })
  return { metrics, told: () => lookUp(metrics, project) }
})

test('labels may have any characters, and come out as they went in', async () => {
  const metrics = await createMetrics(metricsOptions({ project: 'odd' }))
  for (const text of ['a"b', 'a\\b', 'a\nb', 'é😀', '{}', ' ']) metrics.count('seen', { labels: { text } })
  assert.deepEqual(
    (await read(metrics)).flatMap(({ name, labels }) => (name === 'odd_seen_total' ? [labels.text] : [])),
    ['a"b', 'a\\b', 'a\nb', 'é😀', '{}', ' '],
  )
})

test('durations are told in seconds, in the buckets of the settings and the infinite one', async () => {
  const metrics = await createMetrics(metricsOptions({ project: 'test' }))
  for (const ms of [5, 50, 500, 5000]) metrics.time('backend.storage', ms, { method: 'get' })
  assert.deepEqual(await shown(metrics), [
    'test_backend_storage_seconds_bucket{le="0.01",method="get"} 1',
    'test_backend_storage_seconds_bucket{le="0.1",method="get"} 2',
    'test_backend_storage_seconds_bucket{le="1",method="get"} 3',
    'test_backend_storage_seconds_bucket{le="+Inf",method="get"} 4',
    'test_backend_storage_seconds_sum{method="get"} 5.555',
    'test_backend_storage_seconds_count{method="get"} 4',
  ])
})

test('the prefix is one word in lower case, whatever the project is called', () => {
  assert.deepEqual(['Bookmarks', 'reading-list', 'My Shop_2', '2048', 'é'].map(prefixOf), [
    'bookmarks_',
    'readinglist_',
    'myshop2_',
    '_2048_',
    '',
  ])
})

test('metrics are left out by any of their names', async () => {
  const options = metricsOptions({ project: 'test' })
  for (const name of ['sizes', 'test_sizes', 'sizes_seconds', 'test_sizes_seconds']) {
    const metrics = await createMetrics({ ...options, prometheus: { ...options.prometheus, disabledMetrics: [name] } })
    metrics.time('sizes', 1)
    metrics.count('others')
    assert.deepEqual(await shown(metrics), ['test_others_total 1'])
    assert.deepEqual(metrics.exposition?.capability, { prefix: 'test_', disabled_metrics: [name] })
  }
})

test('since when something is counted is told, if the settings say so', async () => {
  const options = metricsOptions({ project: 'test' })
  const before = Date.now() / 1000
  const metrics = await createMetrics(options)
  metrics.count('seen', { labels: { side: 'left' } })
  metrics.time('taken', 1)
  metrics.gauge('depth', 1)
  const created = (await read(metrics)).filter(({ name }) => name.endsWith('_created'))
  assert.deepEqual(
    created.map(({ name, labels }) => [name, labels]),
    [
      ['test_seen_created', { side: 'left' }],
      ['test_taken_seconds_created', {}],
    ],
  )
  assert.ok(created.every(({ value }) => value >= before && value <= Date.now() / 1000))
  const silent = await createMetrics({ ...options, prometheus: { ...options.prometheus, createdMetricsEnabled: false } })
  silent.count('seen')
  assert.deepEqual(
    (await read(silent)).map(({ name }) => name),
    ['test_seen_total'],
  )
})

test('a metric that can’t be is told once, and left out', async () => {
  const warnings: string[] = []
  const metrics = await createMetrics({ ...metricsOptions({ project: 'test' }), warn: (message) => void warnings.push(message) })
  for (let i = 0; i < 3; i += 1) metrics.time('reserved', 1, { le: 'x' })
  for (let i = 0; i < 3; i += 1) metrics.count('bad', { labels: { 'a-b': 'x' } })
  metrics.count('good')
  assert.deepEqual(await shown(metrics), ['test_good_total 1'])
  assert.equal(warnings.length, 2)
  assert.match(warnings[0] ?? '', /^the metric "reserved" is left out: /)
})

test('what ended processes have counted is kept, and joined; gauges end with their process', () => {
  const family = (name: string, type: string, aggregator: string, values: readonly (readonly [string, number])[]) => ({
    name,
    type,
    aggregator,
    values: values.map(([side, value]) => ({ value, labels: { side } })),
  })
  const one: Snapshot = [
    family('a_total', 'counter', 'sum', [['left', 2]]),
    family('a_created', 'gauge', 'min', [['left', 100]]),
    family('depth', 'gauge', 'sum', [['left', 5]]),
  ]
  const other: Snapshot = [
    family('a_total', 'counter', 'sum', [
      ['left', 3],
      ['right', 1],
    ]),
    family('a_created', 'gauge', 'min', [['left', 90]]),
  ]
  assert.deepEqual(addEnded(addEnded([], one), other), [
    family('a_total', 'counter', 'sum', [
      ['left', 5],
      ['right', 1],
    ]),
    family('a_created', 'gauge', 'min', [['left', 90]]),
  ])
})
