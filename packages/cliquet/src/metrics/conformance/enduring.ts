import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Metrics } from '../contract.ts'
import { lookUp } from './measuring.ts'
import type { MetricsTest, MetricsTrial } from './trial.ts'

const oddTexts = ['', ' ', ':', '|', '@', '#', ',', '.', '\n', '\0', '"', '\\', '{}', 'é', '😀', '\ud800', 'ok:1|c\nok', 'x'.repeat(5000)]
const oddNumbers = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -0, 1e300, Number.MIN_VALUE]

function measureOddly(metrics: Metrics): void {
  for (const text of oddTexts) {
    metrics.count(text)
    metrics.count('odd.count', { labels: { text }, unique: text })
    metrics.time('odd.time', 1, { text })
    metrics.observe('odd.value', 1, { [text]: 'value' })
    metrics.gauge(text, 1, { [text]: text })
  }
  for (const number of oddNumbers) {
    metrics.count('odd.number', { by: number })
    metrics.time('odd.duration', number)
    metrics.observe('odd.size', number)
    metrics.gauge('odd.gauge', number)
  }
  metrics.count('changed', { labels: { one: '1' } })
  metrics.count('changed', { labels: { other: '2' } })
  metrics.count('changed')
  metrics.time('changed', 5)
  metrics.gauge('changed', 5, { one: '1' })
}

async function takesAnything({ open }: MetricsTrial): Promise<void> {
  const opened = await open('odd')
  const { metrics } = opened
  metrics.count('ok')
  metrics.time('fine', 20)
  assert.doesNotThrow(() => measureOddly(metrics))
  metrics.count('ok')
  metrics.time('fine', 20)
  metrics.count('before.and.after')
  const told = await lookUp(opened)
  assert.equal(told('count', 'ok')?.total, 2)
  assert.equal(told('count', 'before.and.after')?.total, 1)
  assert.deepEqual(told('time', 'fine')?.times, 2)
}

async function unheard({ open }: MetricsTrial): Promise<void> {
  const { metrics } = await open('unheard', { isHeard: false })
  for (let round = 0; round < 5; round += 1) {
    for (let i = 0; i < 200; i += 1) metrics.count('lost', { labels: { side: 'left' } })
    await sleep(20)
  }
  await metrics.close()
  await sleep(20)
}

async function closes({ open }: MetricsTrial): Promise<void> {
  const opened = await open('closed')
  opened.metrics.count('done')
  await Promise.all([opened.metrics.close(), opened.metrics.close()])
  opened.metrics.count('done')
  opened.metrics.time('late', 1)
  opened.metrics.observe('later', 1)
  opened.metrics.gauge('latest', 1)
  const told = await lookUp(opened)
  assert.equal(told('count', 'done')?.total, 1)
  assert.deepEqual([told('time', 'late'), told('observe', 'later'), told('gauge', 'latest')], [undefined, undefined, undefined])
}

async function neverMeet({ open }: MetricsTrial): Promise<void> {
  const [one, other] = [await open('one'), await open('other')]
  one.metrics.count('same', { by: 2 })
  other.metrics.count('same', { by: 3 })
  one.metrics.time('different', 1)
  other.metrics.gauge('different', 1)
  const [ofOne, ofOther] = [await lookUp(one), await lookUp(other)]
  assert.deepEqual([ofOne('count', 'same')?.total, ofOther('count', 'same')?.total], [2, 3])
  assert.deepEqual([ofOne('time', 'different')?.times, ofOther('gauge', 'different')?.total], [1, 1])
}

/** M7 to M10. */
export const enduringTests: readonly MetricsTest[] = [
  { title: 'M7: no name, label or number makes a call fail, or spoils another measurement', run: takesAnything },
  { title: 'M8: nobody who takes the measurements is no error', run: unheard },
  { title: 'M9: closing tells what is not told yet; what comes later is dropped', run: closes },
  { title: 'M10: two drivers in one process never meet', run: neverMeet },
]
