import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metrics as api } from '@opentelemetry/api'
import { DataPointType, MeterProvider, type MetricData, MetricReader } from '@opentelemetry/sdk-metrics'
import { createMetrics } from '../../src/metrics/opentelemetry/index.ts'
import { type Lookup, metricsConformance } from '../../src/testing/index.ts'
import { openService } from '../protocol/service-under-test.ts'
import { metricsOptions } from './metrics-options.ts'

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const reader = new Reader()
api.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

async function collected(): Promise<readonly MetricData[]> {
  const { resourceMetrics } = await reader.collect()
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics)
}

async function lookUp(project: string): Promise<Lookup> {
  const all = await collected()
  return (kind, name, labels = {}) => {
    const found = all.find(({ descriptor }) => descriptor.name === `${project}.${name}`)
    const isSame = (attributes: object): boolean => JSON.stringify(attributes) === JSON.stringify(labels)
    if (found === undefined) return undefined
    if (found.dataPointType === DataPointType.HISTOGRAM) {
      const value = found.dataPoints.find(({ attributes }) => isSame(attributes))?.value
      return value && { total: (value.sum ?? 0) * (kind === 'time' ? 1000 : 1), times: value.count }
    }
    const value = found.dataPoints.find(({ attributes }) => isSame(attributes))?.value
    return typeof value === 'number' ? { total: value } : undefined
  }
}

metricsConformance('opentelemetry', async ({ project }) => ({
  metrics: await createMetrics(metricsOptions({ project })),
  told: () => lookUp(project),
}))

test('a service tells the SDK of the process what it measures: durations in seconds', async () => {
  const { request } = await openService({ name: 'traced', settings: { metrics_backend: 'cliquet/metrics/opentelemetry' } })
  await request('GET', '/v1/')
  const found = await lookUp('traced')
  assert.deepEqual(found('count', 'request_summary', { method: 'GET', endpoint: 'server_info', status: '200' }), { total: 1 })
  assert.equal(found('time', 'request_duration', { method: 'GET', endpoint: 'server_info' })?.times, 1)
  const duration = (await collected()).find(({ descriptor }) => descriptor.name === 'traced.request_duration')
  assert.deepEqual([duration?.descriptor.unit, duration?.descriptor.description.startsWith('From the end')], ['s', true])
})
