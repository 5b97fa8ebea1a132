import fastify, { type FastifyInstance } from 'fastify'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { ActionOf, AnySubscriber, EventName, Subscriber } from '../events/contract.ts'
import { answerConnectionError } from '../http/connection-errors.ts'
import { answerFrameworkError } from '../http/install.ts'
import { QuietLogController } from '../http/log-controller.ts'
import { createRequestObservers } from '../http/observers.ts'
import { announceEnd, PatientServer } from '../http/patient-server.ts'
import { createRequestIds } from '../http/request-ids.ts'
import { createRequestLog } from '../http/request-log.ts'
import { systemClock } from '../primitives/clock.ts'
import type { ResourceOptions } from '../resource/define.ts'
import type { AnySchema } from '../schema/fields.ts'
import { addressesOf } from './addresses.ts'
import { announce } from './announcement.ts'
import { type Introduction, welcome } from './banner.ts'
import { createDebugSignal } from './debug-signal.ts'
import { createEnding } from './ending.ts'
import { createServiceLog } from './log.ts'
import type { CliquetOptions } from './options.ts'
import type { Views } from './own-views.ts'
import { type Installation, planOf, type ServicePlan } from './plan.ts'
import { installService, settingsOf } from './plugin.ts'
import { listenQuietly } from './quiet-listening.ts'
import { createLogTap } from './reporting/log-tap.ts'
import { serverTimes } from './server-times.ts'
import type { Settings } from './settings.ts'
import type { RecordIn, ResourceName } from './subscribing.ts'

/** Resource names and their schemas. */
type Resources = Readonly<Record<string, AnySchema>>

/** What `createService` takes. */
export interface ServiceOptions<R extends Resources = Resources> extends CliquetOptions {
  /** Resources by name, the same as calling `resource()` for each. */
  readonly resources?: { readonly [K in keyof R]: ResourceOptions<R[K]> }
}

/** Where to listen; the settings `host` and `port` unless given. */
export interface ListenOptions {
  readonly host?: string
  readonly port?: number
  /** Whether to end cleanly at SIGINT and SIGTERM. Default: true. */
  readonly signals?: boolean
  /** Whether to print how to try it, outside production. Default: true. */
  readonly greets?: boolean
}

/** A service: resources behind one version prefix. Its type carries their names and schemas. */
// biome-ignore lint/complexity/noBannedTypes: {} is "no resource yet", to which `resource()` adds
export interface Service<R = {}> {
  /** Adds a resource. The answer is the same service, its type knowing the resource. */
  resource<const N extends string, S extends AnySchema>(name: N, options: ResourceOptions<S>): Service<R & { readonly [K in N]: S }>
  /** Adds routes of your own below the version prefix: a Fastify plugin. */
  views(plugin: Views): Service<R>
  /** Has somebody told of what happens to records, before or after the commit. Of resources that the type knows the records have their types. */
  subscribe<const E extends EventName, const A extends ActionOf<E> = ActionOf<E>, const N extends ResourceName<R> = ResourceName<R>>(
    subscriber: Subscriber<E, A, RecordIn<R, N>, N>,
  ): Service<R>
  /** Opens the backends and registers everything, without listening. */
  ready(): Promise<void>
  /** Starts to listen, and prints how to try it outside production. @returns the URL of hello */
  listen(options?: ListenOptions): Promise<string>
  /** Lets requests in flight finish, for `shutdown_timeout_seconds` at most, then closes everything. */
  close(): Promise<void>
  /** In force; what plugins bring is known after `ready()`. */
  readonly settings: Settings
  /** The Fastify application behind it: for plugins, hooks and tests (`inject`). */
  readonly app: FastifyInstance
  /** Only a type: the resources by name. */
  readonly '~resources': R
}

/** A resource on its way to the app. */
interface Registration extends Introduction {
  readonly register: (app: FastifyInstance) => void
}

/** Makes a service. Nothing is opened before `listen()` or `ready()`. @throws ConfigurationError for settings that can't be */
// biome-ignore lint/complexity/noBannedTypes: as above
export function createService<R extends Resources = {}>(options: ServiceOptions<R>): Service<R> {
  const { clock = systemClock } = options
  const observers = createRequestObservers()
  const tap = createLogTap()
  let settings = settingsOf(options)
  const log = createServiceLog(settings, tap)
  const app = fastify({
    bodyLimit: settings.maxBodyBytes,
    trustProxy: settings.trustedProxies.length > 0 && [...settings.trustedProxies],
    // A start takes as long as the migrations and indexes of what is stored.
    pluginTimeout: 0,
    routerOptions: { maxParamLength: 2000 },
    ajv: { customOptions: { removeAdditional: false } },
    logger: log.options,
    logController: new QuietLogController(),
    childLoggerFactory: createRequestLog,
    genReqId: createRequestIds(),
    clientErrorHandler: (error, socket) => answerConnectionError(error, socket, settings),
    frameworkErrors: (error, request, reply) => answerFrameworkError(error, request, reply, { settings, clock, observers }),
    serverFactory: (listener) => new PatientServer(listener),
    // Who asks while the service ends is answered.
    return503OnClosing: false,
  })
  const server = app.server as PatientServer // made above
  announceEnd(app, server)
  const ending = createEnding(app, server, () => settings)
  const debugging = createDebugSignal(app.log)
  // The first to be added is the last to be called.
  app.addHook('onClose', async () => {
    debugging.forget()
    log.end()
  })
  const resources: Registration[] = []
  const views: Views[] = [...(options.views ?? [])]
  const subscribers: AnySubscriber[] = [...(options.subscribers ?? [])]
  let starting: Promise<void> | undefined

  async function install(): Promise<Installation> {
    const installation = await installService(app, settings, { ...options, views, subscribers }, { owns: 'app', observers, tap, log })
    for (const { register } of resources) register(app)
    return installation
  }

  async function start(): Promise<void> {
    try {
      const installation = await install()
      settings = installation.settings
      server.times = serverTimes(settings)
      await app.ready()
    } catch (error) {
      // Backends that were opened would go on trying to reach their servers.
      await app.close()
      throw error
    } finally {
      log.openAnyway()
    }
  }

  const service: Service<R> = {
    app,
    get settings() {
      return settings
    },
    '~resources': {} as R, // only a type
    resource(resource, resourceOptions) {
      if (starting !== undefined) throw new ConfigurationError(`the resource "${resource}" is added after the start of the service`)
      const { schema, collectionPath = `/${resource}s` } = resourceOptions
      resources.push({ name: resource, schema, collectionPath, register: (target) => target.resource(resource, resourceOptions) })
      return service as never // the same object; only its type has learnt something
    },
    views(plugin) {
      if (starting !== undefined) throw new ConfigurationError('views are added after the start of the service')
      views.push(plugin)
      return service
    },
    subscribe(subscriber) {
      if (starting !== undefined)
        throw new ConfigurationError(`a subscriber to ${subscriber.event} is added after the start of the service`)
      subscribers.push(subscriber as never) // its types say more about the records
      return service
    },
    ready: () => (starting ??= heldBack() ?? start()),
    async listen({ host = settings.host, port = settings.port, signals = true, greets = true } = {}) {
      await service.ready()
      ending.prepare()
      if (signals) debugging.heed()
      const [first, ...others] = await addressesOf(host)
      const address = await listenQuietly(app, { host: first, port })
      if (signals) ending.heedSignals()
      for (const other of others) await server.listenAlso(other)
      const url = `${address}/${settings.apiPrefix}/`
      if (greets && !settings.isProduction) process.stdout.write(welcome(settings, url, resources))
      else app.log.info(`${settings.projectName} ${settings.projectVersion} listens on ${url}`)
      return url
    },
    close: ending.close,
  }

  /** For tools which want to know what would start. */
  async function plan(): Promise<ServicePlan> {
    app.log.level = 'silent'
    try {
      return planOf(await install())
    } finally {
      await app.close()
    }
  }

  for (const [resource, resourceOptions] of Object.entries(options.resources ?? {})) service.resource(resource, resourceOptions)
  const heldBack = announce({ service, plan })
  return service
}
