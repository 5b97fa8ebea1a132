import { ConfigurationError } from '../../errors/configuration-error.ts'
import { combineMetrics } from '../../metrics/combined.ts'
import type { Metrics, MetricsOptions } from '../../metrics/contract.ts'
import { noMetrics } from '../../metrics/none/index.ts'
import { importExport, subject } from '../named-module.ts'
import type { Settings } from '../settings.ts'

/** Makes the metrics that the settings name: `metrics_backend`, and those that `statsd_url` asks for. @throws ConfigurationError */
export async function openMetrics(settings: Settings, warn: MetricsOptions['warn']): Promise<Metrics> {
  const named = new Map(settings.metricsBackend.map((specifier) => [specifier, 'metrics_backend']))
  if (settings.statsdUrl !== undefined) named.set(settings.statsdBackend, 'statsd_backend')
  const drivers: Metrics[] = []
  const options = driverOptions(settings, warn)
  try {
    for (const [specifier, setting] of named) drivers.push(await openDriver(specifier, setting, settings, options))
  } catch (error) {
    await combineMetrics(drivers).close()
    throw error
  }
  const measuring = drivers.filter((driver) => driver !== noMetrics)
  const [first = noMetrics, ...others] = measuring
  return others.length === 0 ? first : combineMetrics(measuring)
}

async function openDriver(specifier: string, setting: string, settings: Settings, options: MetricsOptions): Promise<Metrics> {
  const make = await importExport(specifier, 'createMetrics', 'a function createMetrics(options)', setting, settings)
  if (typeof make !== 'function') {
    throw new ConfigurationError(`${subject(settings, setting)}: \`createMetrics\` of the module ${specifier} must be a function`)
  }
  try {
    return (await make(options)) as Metrics // the contract is the module's to keep; the conformance suite proves it
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const place = setting === 'statsd_backend' ? 'statsd_url' : setting
    throw new ConfigurationError(`${subject(settings, place)}: ${error.message}`, { cause: error })
  }
}

function driverOptions(settings: Settings, warn: MetricsOptions['warn']): MetricsOptions {
  return {
    project: settings.projectName,
    statsd: { url: settings.statsdUrl, prefix: settings.statsdPrefix },
    prometheus: {
      prefix: settings.prometheusPrefix,
      disabledMetrics: settings.prometheusDisabledMetrics,
      histogramBuckets: bucketsIn(settings),
      createdMetricsEnabled: settings.prometheusCreatedMetricsEnabled,
    },
    warn,
  }
}

/** The bounds as numbers, without the infinite one, which is always there. */
function bucketsIn(settings: Settings): readonly number[] {
  const words = settings.prometheusHistogramBuckets
  const bounds = words.map((word) => (/^\+?inf(?:inity)?$/i.test(word) ? Number.POSITIVE_INFINITY : Number(word)))
  const rises = bounds.every((bound, place) => bound > (bounds[place - 1] ?? 0))
  if (!rises) {
    const place = subject(settings, 'prometheus_histogram_buckets')
    throw new ConfigurationError(`${place} must be numbers greater than 0, each greater than the one before, the last one possibly Inf`)
  }
  return bounds.filter(Number.isFinite)
}
