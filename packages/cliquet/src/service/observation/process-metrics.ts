import { performance } from 'node:perf_hooks'
import type { PoolUsage } from '../../drivers/connections.ts'
import type { Metrics } from '../../metrics/contract.ts'

/** How often, ms. */
const PERIOD = 5000

/** Tells now and then how this process is: how busy, how large, and how it uses its connections. @returns what ends that */
export function measureProcess(metrics: Metrics, usage: () => PoolUsage | undefined): () => void {
  let before = performance.eventLoopUtilization()
  const tell = (): void => {
    const now = performance.eventLoopUtilization()
    metrics.gauge('event_loop_utilization', performance.eventLoopUtilization(now, before).utilization)
    before = now
    metrics.gauge('memory_resident_bytes', process.memoryUsage.rss())
    const pools = usage()
    if (pools === undefined) return
    metrics.gauge('pool_size', pools.size)
    metrics.gauge('pool_busy', pools.busy)
    metrics.gauge('pool_waiting', pools.waiting)
  }
  tell()
  const timer = setInterval(tell, PERIOD).unref()
  return () => clearInterval(timer)
}
