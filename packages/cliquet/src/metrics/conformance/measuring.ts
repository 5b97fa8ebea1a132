import assert from 'node:assert/strict'
import type { Labels } from '../contract.ts'
import type { MetricsTest, MetricsTrial, MetricsUnderTest, Told } from './trial.ts'

/** Everything the driver has told, after it was closed. */
export async function lookUp({ metrics, told }: MetricsUnderTest) {
  await metrics.close()
  return await told()
}

/** Sums of parts of a second may be a little off. */
function isAbout(told: Told | undefined, total: number, times: number): void {
  assert.equal(told?.times, times)
  assert.ok(Math.abs((told?.total ?? 0) - total) <= total / 1000, `${told?.total} is about ${total}`)
}

async function counts({ open }: MetricsTrial): Promise<void> {
  const opened = await open('counts')
  const { metrics } = opened
  metrics.count('plain')
  metrics.count('plain')
  metrics.count('plain', { by: 5 })
  metrics.count('nothing.yet', { by: 0 })
  for (let i = 0; i < 2000; i += 1) metrics.count('many', { labels: { side: i % 4 === 0 ? 'left' : 'right' } })
  const told = await lookUp(opened)
  assert.equal(told('count', 'plain')?.total, 7)
  assert.equal(told('count', 'nothing.yet')?.total ?? 0, 0)
  assert.equal(told('count', 'many', { side: 'left' })?.total, 500)
  assert.equal(told('count', 'many', { side: 'right' })?.total, 1500)
}

async function durations({ open }: MetricsTrial): Promise<void> {
  const opened = await open('durations')
  for (const ms of [0.25, 3, 12.5, 70_000]) opened.metrics.time('plain', ms)
  for (const ms of [1, 2, 3]) opened.metrics.time('backend.storage', ms, { method: 'get' })
  opened.metrics.time('backend.storage', 100, { method: 'put' })
  const told = await lookUp(opened)
  isAbout(told('time', 'plain'), 70_015.75, 4)
  isAbout(told('time', 'backend.storage', { method: 'get' }), 6, 3)
  isAbout(told('time', 'backend.storage', { method: 'put' }), 100, 1)
}

async function values({ open }: MetricsTrial): Promise<void> {
  const opened = await open('values')
  for (const bytes of [0, 10, 1_000_000]) opened.metrics.observe('body.size', bytes, { method: 'GET' })
  const told = await lookUp(opened)
  isAbout(told('observe', 'body.size', { method: 'GET' }), 1_000_010, 3)
}

async function lastCounts({ open }: MetricsTrial): Promise<void> {
  const opened = await open('gauges')
  for (const value of [5, 12, 7.5]) opened.metrics.gauge('depth', value)
  for (const value of [3, -4]) opened.metrics.gauge('below', value, { side: 'left' })
  for (const value of [-4, 0]) opened.metrics.gauge('below', value, { side: 'right' })
  const told = await lookUp(opened)
  assert.equal(told('gauge', 'depth')?.total, 7.5)
  assert.equal(told('gauge', 'below', { side: 'left' })?.total, -4)
  assert.equal(told('gauge', 'below', { side: 'right' })?.total, 0)
}

async function neverMix({ open }: MetricsTrial): Promise<void> {
  const opened = await open('mixed')
  const labels: readonly Labels[] = [
    { first: 'a', second: 'b' },
    { first: 'b', second: 'a' },
    { first: 'ab', second: '' },
    { first: '', second: 'ab' },
    { first: 'a-b', second: 'A' },
    { first: 'a_b', second: 'A' },
  ]
  for (const [i, one] of labels.entries()) opened.metrics.count('same', { by: i + 1, labels: one })
  opened.metrics.count('same_', { by: 100, labels: labels[0] ?? {} })
  opened.metrics.count('sam', { by: 200, labels: labels[0] ?? {} })
  const told = await lookUp(opened)
  assert.deepEqual(
    labels.map((one) => told('count', 'same', one)?.total),
    [1, 2, 3, 4, 5, 6],
  )
}

async function differentValues({ open, knowsSets }: MetricsTrial): Promise<void> {
  const opened = await open('sets')
  for (const unique of ['a', 'b', 'a', 'basicauth:1|2\n3', 'basicauth:1|2\n3', '']) opened.metrics.count('users', { unique })
  const told = await lookUp(opened)
  assert.equal(told('count', 'users')?.total, knowsSets ? 4 : 6)
}

/** M1 to M6. */
export const measuringTests: readonly MetricsTest[] = [
  { title: 'M1: counts add up, per name and labels', run: counts },
  { title: 'M2: of durations the number and the sum are right', run: durations },
  { title: 'M3: of sizes the number and the sum are right', run: values },
  { title: 'M4: of a gauge the last value counts, also below zero', run: lastCounts },
  { title: 'M5: what differs in labels never mixes', run: neverMix },
  { title: 'M6: different values are counted once each, or as calls', run: differentValues },
]
