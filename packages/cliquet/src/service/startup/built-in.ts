import type { FastifyInstance, RouteOptions } from 'fastify'
import { createAuthentication, decorateRequests } from '../../auth/authentication.ts'
import type { ExplainedResource } from '../../auth/inquiry.ts'
import { createRateLimit } from '../../auth/rate-limit.ts'
import { installHttp } from '../../http/install.ts'
import type { RequestObservers } from '../../http/observers.ts'
import { traceRequests } from '../../http/tracing.ts'
import { backendMaker } from '../backends.ts'
import { serviceDatabase } from '../database.ts'
import { addListeners } from '../listeners.ts'
import type { ServiceLog } from '../log.ts'
import { measurePolicies } from '../observation/request-metrics.ts'
import type { CliquetOptions } from '../options.ts'
import { createFoundPrincipals, decorateViewRequests, serveViews } from '../own-views.ts'
import { choosePolicies } from '../policies.ts'
import { startProfiling } from '../profiling/start.ts'
import type { LogTap } from '../reporting/log-tap.ts'
import { openReporters } from '../reporting/reporters.ts'
import { watchErrors } from '../reporting/watching.ts'
import { addResources } from '../resources.ts'
import { installEvents } from '../subscribing.ts'
import { loggingStep } from './logging.ts'
import { metricsStep, tracingStep } from './observation.ts'
import { overloadStep } from './overload.ts'
import { type NamedPlugin, setUpPlugins } from './plugins.ts'
import { PREFIX } from './start-up.ts'
import type { StartStep, StartUp } from './step.ts'
import { utilitySteps } from './utilities.ts'

/** What the built-in steps are made for. */
export interface StepOptions {
  readonly options: CliquetOptions
  readonly plugins: readonly NamedPlugin[]
  /** Whether common headers, errors and redirections are the whole app's, or those below the version prefix only: the rest is then the host's. */
  readonly owns: 'app' | 'prefix'
  readonly observers: RequestObservers
  readonly tap: LogTap
  /** The service's own; undefined: it logs to that of the application that it is part of. */
  readonly log?: ServiceLog | undefined
}

/** The steps of a start, in their order. */
export function builtInSteps({ options, plugins, owns, observers, tap, log }: StepOptions): readonly StartStep[] {
  const routes: RouteOptions[] = []
  const resources: ExplainedResource[] = []
  const found = createFoundPrincipals()
  const make = backendMaker()
  const owned = (start: StartUp): FastifyInstance => (owns === 'app' ? start.app : start.scope)
  const first: readonly StartStep[] = [
    overloadStep(owned, make.expectedWait),
    { name: 'profiling', run: (start) => startProfiling(start, owned(start)) },
    { name: 'reporting', run: (start) => reportErrors(start, owned(start), tap) },
    { name: 'http', run: (start) => serveHttp(start, owned(start), observers) },
  ]
  const prefix: StartStep = { name: PREFIX, run: () => {} }
  return [
    loggingStep(log),
    tracingStep,
    ...(owns === 'app' ? first : []),
    { name: 'routes', run: ({ app }) => void app.addHook('onRoute', (route) => void routes.push(route)) },
    metricsStep(make.usage),
    { name: 'storage', run: (start) => openStorage(start, make) },
    { name: 'permission', run: (start) => openPermission(start, make) },
    { name: 'cache', run: (start) => openCache(start, make) },
    { name: 'policies', run: (start) => choose(start, options, plugins) },
    { name: 'requests', run: (start) => decorate(start, found) },
    { name: 'events', run: (start) => installEvents(start, options.subscribers ?? [], resources) },
    prefix,
    ...(owns === 'prefix' ? first : []),
    { name: 'authentication', run: authenticate },
    { name: 'ratelimit', run: limitRates },
    ...utilitySteps({ contribution: options.contribution, routes, resources }),
    { name: 'resources', run: (start) => addResources(start, options, resources) },
    { name: 'includes', run: (start) => setUpPlugins(plugins, start) },
    { name: 'listeners', run: addListeners },
    { name: 'views', run: async (start) => await serveViews(start.scope, start.views, start.need('authentication'), found) },
  ]
}

async function reportErrors({ app, settings }: StartUp, owned: FastifyInstance, tap: LogTap): Promise<void> {
  const reporters = await openReporters(settings, (message) => app.log.warn(message))
  if (reporters.length > 0) watchErrors(owned, reporters, tap)
}

function serveHttp(start: StartUp, owned: FastifyInstance, observers: RequestObservers): void {
  const { settings, clock } = start
  const tracing = start.find('tracing')
  if (tracing !== undefined) traceRequests(owned, tracing, observers)
  installHttp(owned, { settings, clock, observers })
}

type Maker = ReturnType<typeof backendMaker>

async function openStorage(start: StartUp, make: Maker): Promise<void> {
  const storage = start.need('watch').storage(await make.storage(start.settings, start.clock))
  start.app.decorate('storage', storage).addHook('onClose', () => storage.close())
  // The step `resources` has it prepared.
  start.provide('storage', storage)
  const database = await make.database(start.settings, start.clock)
  if (database === undefined) return
  start.app.addHook('onClose', () => database.close())
  start.provide('database', serviceDatabase(database))
}

async function openPermission(start: StartUp, make: Maker): Promise<void> {
  const permission = start.need('watch').permission(await make.permission(start.settings, start.clock))
  start.app.decorate('permission', permission).addHook('onClose', () => permission.close())
  start.provide('permission', permission)
  start.onPrepare(() => permission.prepare())
}

async function openCache(start: StartUp, make: Maker): Promise<void> {
  const cache = start.need('watch').cache(await make.cache(start.settings, start.clock))
  start.app.decorate('cache', cache).addHook('onClose', () => cache.close())
  start.provide('cache', cache)
  start.onPrepare(() => cache.prepare())
}

async function choose(start: StartUp, options: CliquetOptions, plugins: readonly NamedPlugin[]): Promise<void> {
  const brought = plugins.flatMap(({ plugin }) => plugin.policies ?? [])
  const { settings, clock, app } = start
  const own = options.policies
  const policies = await choosePolicies({ settings, own, brought, cache: start.need('cache'), clock, fetch, log: app.log })
  start.provide('policies', policies)
  start.onPrepare(async () => void (await Promise.all(policies.map((policy) => policy.prepare?.()))))
}

function decorate(start: StartUp, found: ReturnType<typeof createFoundPrincipals>): void {
  decorateRequests(start.app)
  const backends = { storage: start.need('storage'), permission: start.need('permission'), cache: start.need('cache') }
  decorateViewRequests(start.app, backends, found)
}

function authenticate(start: StartUp): void {
  const observe = measurePolicies(start.need('metrics'))
  const authentication = createAuthentication(start.need('policies'), { groups: start.need('permission'), observe })
  // Load balancers ask often, and whatever a policy asks for may be down.
  const balancer = `/${start.settings.apiPrefix}/__lbheartbeat__`
  start.scope.addHook('onRequest', (request, reply, done) => {
    if (request.url === balancer) done()
    else authentication.identify.call(start.scope, request, reply, done)
  })
  start.provide('authentication', authentication)
}

function limitRates(start: StartUp): void {
  const { app, scope, settings } = start
  const { rateLimitRequests: requests, rateLimitWindowSeconds: seconds } = settings
  if (requests === 0) return
  const onFailure = (err: unknown): void => app.log.warn({ err }, 'requests are not counted, and thus not limited: the cache does not work')
  const limit = createRateLimit({ requests, window: seconds * 1000, cache: start.need('cache'), onFailure })
  scope.addHook('onRequest', limit.hook)
  start.provide('rateLimit', limit)
}
