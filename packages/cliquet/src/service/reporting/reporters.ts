import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { ErrorReporter, ReporterOptions } from '../../reporting/contract.ts'
import { importExport, subject } from '../named-module.ts'
import { offerEnvironment, type Settings } from '../settings.ts'
import { newRelicVariables } from './newrelic-variables.ts'

/**
 * Makes the reporters that the settings name; what each needs is loaded here, and not where none is named.
 * @param warn tells the operator
 */
export async function openReporters(settings: Settings, warn: (message: string) => void): Promise<readonly ErrorReporter[]> {
  const options: ReporterOptions = {
    project: settings.projectName,
    version: settings.projectVersion,
    environment: settings.isProduction ? 'production' : 'development',
  }
  const reporters: ErrorReporter[] = []
  if (settings.newrelicConfig !== undefined) reporters.push(await openNewRelic(settings.newrelicConfig, settings, warn))
  if (settings.sentryDsn) reporters.push(await openSentry(settings.sentryDsn, settings, options))
  for (const specifier of settings.errorReporters) reporters.push(await openModule(specifier, settings, options))
  return reporters
}

async function openSentry(dsn: string, settings: Settings, options: ReporterOptions): Promise<ErrorReporter> {
  const { createSentryReporter } = await import('../../reporting/sentry/index.ts')
  const { sentryEnv: environment = options.environment, sentryEventsMinLevel: eventsMinLevel, sentryBreadcrumbsMinLevel } = settings
  return await createSentryReporter({ ...options, environment, dsn, eventsMinLevel, breadcrumbsMinLevel: sentryBreadcrumbsMinLevel })
}

async function openNewRelic(file: string, settings: Settings, warn: (message: string) => void): Promise<ErrorReporter> {
  // What the agent of Python calls it; a configuration in JavaScript may read it.
  offerEnvironment({ NEW_RELIC_ENVIRONMENT: settings.newrelicEnv })
  const { variables, ignored } = newRelicVariables(file, settings)
  if (ignored.length > 0) warn(`${subject(settings, 'newrelic_config')}: the agent of Node has no ${ignored.join(', ')}`)
  offerEnvironment(variables)
  const { createNewRelicReporter } = await import('../../reporting/newrelic/index.ts')
  return await createNewRelicReporter()
}

async function openModule(specifier: string, settings: Settings, options: ReporterOptions): Promise<ErrorReporter> {
  const create = await importExport(
    specifier,
    'createErrorReporter',
    'a function createErrorReporter(options)',
    'error_reporters',
    settings,
  )
  if (typeof create === 'function') return (await create(options)) as ErrorReporter // the contract is the module's to keep
  throw new ConfigurationError(`${subject(settings, 'error_reporters')}: createErrorReporter of the module ${specifier} must be a function`)
}
