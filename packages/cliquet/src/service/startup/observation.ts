import type { PoolUsage } from '../../drivers/connections.ts'
import { noMetrics } from '../../metrics/none/index.ts'
import { openTracing } from '../../tracing/opentelemetry/index.ts'
import { openMetrics } from '../observation/drivers.ts'
import { measureProcess } from '../observation/process-metrics.ts'
import { measureRequests } from '../observation/request-metrics.ts'
import { createWatch } from '../observation/watched-work.ts'
import type { StartStep, StartUp } from './step.ts'

/** Opens tracing, if the settings want it; later steps make the spans. */
export const tracingStep: StartStep = {
  name: 'tracing',
  async run(start) {
    if (start.settings.tracingEnabled) start.provide('tracing', await openTracing())
  },
}

/** Opens the drivers of metrics, and has requests, backends and the process measured, if there is any. */
export const metricsStep = (usage: () => PoolUsage | undefined): StartStep => ({
  name: 'metrics',
  async run(start) {
    const { app, settings } = start
    const metrics = await openMetrics(settings, (message) => app.log.warn(message))
    app.decorate('metrics', metrics).addHook('onClose', () => metrics.close())
    start.provide('watch', createWatch(metrics, start.find('tracing')))
    if (metrics === noMetrics) return
    start.provide('metrics', metrics)
    start.observeRequests(measureRequests(metrics, settings.metricsMatchdictFields))
    start.onPrepare(async () => {
      const stop = measureProcess(metrics, usage)
      app.addHook('onClose', async () => stop())
    })
    declareExposition(start)
  },
})

/** Tells clients of `__metrics__` (R2.9). */
function declareExposition({ capabilities, settings, need }: StartUp): void {
  const { exposition } = need('metrics')
  if (exposition === undefined) return
  const description = 'GET /__metrics__ tells what was measured.'
  capabilities.set('prometheus', { description, url: settings.projectDocs, ...exposition.capability })
}
