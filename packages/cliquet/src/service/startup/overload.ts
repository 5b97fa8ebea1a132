import type { FastifyInstance } from 'fastify'
import { HeldRefusals } from '../../http/held-refusals.ts'
import { LoadControl } from '../../http/load-control.ts'
import { refuseOverload } from '../../http/overload.ts'
import { noMetrics } from '../../metrics/none/index.ts'
import type { Access } from '../../primitives/access.ts'
import type { StartStep, StartUp } from './step.ts'

/** How often the load is told to metrics, ms. */
const PERIOD = 5000

/** Refuses requests while there are more than can be served, unless `overload_delay_seconds` is 0. */
export const overloadStep = (owned: (start: StartUp) => FastifyInstance, expectedWait: (access: Access) => number): StartStep => ({
  name: 'overload',
  run(start) {
    const { app, settings, clock } = start
    const limit = settings.overloadDelaySeconds * 1000
    if (limit === 0) return
    const refusals = new HeldRefusals()
    const control = new LoadControl({
      limit,
      expectedWait,
      held: () => refusals.length,
      onBegin: (wait) => app.log.warn({ wait }, 'overload: requests had to wait too long, some are refused'),
      onEnd: (refused) => app.log.warn({ refused }, 'the overload is over'),
    })
    refuseOverload(owned(start), { settings, clock, control, refusals })
    // The step that makes the metrics is a later one.
    start.onPrepare(async () => tellLoad(start, control))
  },
})

function tellLoad({ app, need }: StartUp, control: LoadControl): void {
  const metrics = need('metrics')
  if (metrics === noMetrics) return
  metrics.count('requests_refused', { by: 0 })
  let told = 0
  const timer = setInterval(() => {
    metrics.gauge('event_loop_delay_seconds', control.takeLongest() / 1000)
    if (control.refused > told) metrics.count('requests_refused', { by: control.refused - told })
    told = control.refused
  }, PERIOD).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
