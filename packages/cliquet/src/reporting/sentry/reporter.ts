import { hostname } from 'node:os'
import type { NodeClient, Scope, SeverityLevel } from '@sentry/node'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { type LogLevel, reaches } from '../../primitives/log-levels.ts'
import type { ErrorKind, ErrorReporter, LogRecord, ReportedRequest, ReporterOptions } from '../contract.ts'
import { withoutSecrets } from './secrets.ts'
import { createThrottle } from './throttle.ts'

/** What is reported to Sentry, and where it is. */
export interface SentryOptions extends ReporterOptions {
  /** `https://KEY@HOST/PROJECT` */
  readonly dsn: string
  /** Log records that are as severe are events. */
  readonly eventsMinLevel: LogLevel
  /** Log records that are as severe stand beside the events of their request. */
  readonly breadcrumbsMinLevel: LogLevel
}

type Sdk = typeof import('@sentry/node')

/** How long the end of the service waits for Sentry, ms. */
const PATIENCE = 2000

/** How many log records stand beside an event: the last ones. */
const MOST_BREADCRUMBS = 100

/** Every request fails while a backend is lost: the same loss is one event in so many ms. */
const UNAVAILABLE_PAUSE = 60_000

const severities: Readonly<Record<LogLevel, SeverityLevel>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  error: 'error',
  fatal: 'fatal',
}

/**
 * Makes a reporter of a client of its own: nothing of the process is patched, and neither another service in it nor what its author does with Sentry is
 * seen by it. @throws ConfigurationError if the SDK is not installed
 */
export async function createSentryReporter(options: SentryOptions): Promise<ErrorReporter> {
  const sdk = await loadSdk()
  const client = createClient(sdk, options)
  // Shows who has just set it up that reports arrive, and since when which version runs.
  client.captureMessage(`Running ${options.project} ${options.version}.`, 'info', undefined, new sdk.Scope())
  return new SentryReporter(sdk, client, options)
}

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@sentry/node')
  } catch (cause) {
    throw new ConfigurationError('Sentry needs the package "@sentry/node": npm install @sentry/node', { cause })
  }
}

function createClient(sdk: Sdk, { dsn, version, environment }: SentryOptions): NodeClient {
  const client = new sdk.NodeClient({
    dsn,
    release: version,
    environment,
    serverName: hostname(),
    transport: sdk.makeNodeTransport,
    stackParser: sdk.defaultStackParser,
    integrations: [],
    maxBreadcrumbs: MOST_BREADCRUMBS,
    beforeSend: withoutSecrets,
    attachStacktrace: false,
    // Spans would bring an integration of their own, and the other one hooks into the loading of modules.
    traceLifecycle: 'static',
    enableRuntimeChannelInjection: false,
  })
  // In place of `init()`, which makes itself the process's.
  client.addIntegration(sdk.linkedErrorsIntegration())
  client.addIntegration(sdk.contextLinesIntegration())
  return client
}

class SentryReporter implements ErrorReporter {
  readonly #sdk: Sdk
  readonly #client: NodeClient
  readonly #options: SentryOptions
  /** What was logged in each request. */
  readonly #scopes = new WeakMap<ReportedRequest, Scope>()
  readonly #unavailable = createThrottle(UNAVAILABLE_PAUSE, () => performance.now())

  constructor(sdk: Sdk, client: NodeClient, options: SentryOptions) {
    this.#sdk = sdk
    this.#client = client
    this.#options = options
  }

  report(error: unknown, kind: ErrorKind, request: ReportedRequest | undefined): void {
    const scope = this.#scopeFor(request)
    if (kind === 'unavailable') {
      const held = this.#unavailable(messageOf(error))
      if (held === undefined) return
      scope.setTag('left_out', held).setFingerprint(['unavailable', messageOf(error)])
    }
    if (kind === 'crash') scope.setLevel('fatal')
    this.#capture(error, kind !== 'crash', scope)
  }

  note({ level, message, error }: LogRecord, request: ReportedRequest | undefined): void {
    const severity = severities[level]
    if (reaches(level, this.#options.eventsMinLevel)) {
      const scope = this.#scopeFor(request).setLevel(severity)
      if (error === undefined) this.#client.captureMessage(message, severity, undefined, scope)
      else this.#capture(error, true, scope.setExtra('message', message))
    }
    if (request !== undefined && reaches(level, this.#options.breadcrumbsMinLevel)) {
      this.#scopeOf(request).addBreadcrumb({ category: 'log', level: severity, message, timestamp: Date.now() / 1000 }, MOST_BREADCRUMBS)
    }
  }

  async close(): Promise<void> {
    await this.#client.close(PATIENCE)
  }

  #capture(error: unknown, handled: boolean, scope: Scope): void {
    this.#client.captureException(error, { originalException: error, mechanism: { handled, type: 'cliquet' } }, scope)
  }

  /** What an event says of its request, and what was logged in it. */
  #scopeFor(request: ReportedRequest | undefined): Scope {
    if (request === undefined) return new this.#sdk.Scope()
    const { id, method, route, service, userId, headers } = request
    const scope = this.#scopeOf(request).clone()
    scope.addEventProcessor((event) => ({
      ...event,
      transaction: `${method} ${service}`,
      request: { method, headers, ...(route === undefined ? {} : { url: route }) },
    }))
    scope.setTags({ request_id: id, service, ...(route === undefined ? {} : { route }) })
    return userId === undefined ? scope : scope.setUser({ id: userId })
  }

  #scopeOf(request: ReportedRequest): Scope {
    const known = this.#scopes.get(request) ?? new this.#sdk.Scope()
    this.#scopes.set(request, known)
    return known
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
