import type { FastifyInstance, RouteOptions } from 'fastify'
import { type Authentication, createAuthentication, decorateRequests } from '../auth/authentication.ts'
import type { Decision, Inheritance } from '../auth/authorization.ts'
import { policyCapabilities } from '../auth/capabilities.ts'
import { loginEndpoints } from '../auth/login/endpoints.ts'
import type { AuthenticationPolicy } from '../auth/policy.ts'
import type { Cache } from '../cache/contract.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { serve } from '../http/endpoint.ts'
import { installHttp } from '../http/install.ts'
import type { IdGenerator } from '../model/ids.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import { type Clock, systemClock } from '../primitives/clock.ts'
import { defineResource, type ResourceDefinition, type ResourceOptions } from '../resource/define.ts'
import { resourceEndpoints } from '../resource/routes.ts'
import { createMetaCheck } from '../schema/ajv.ts'
import type { AnySchema } from '../schema/fields.ts'
import type { Storage } from '../storage/contract.ts'
import type { Capability, Probe } from '../views/context.ts'
import { utilityEndpoints } from '../views/endpoints.ts'
import { type Backends, openBackends } from './backends.ts'
import { createFoundPrincipals, decorateViewRequests, serveViews, type Views } from './own-views.ts'
import { choosePolicies } from './policies.ts'
import { resourceContext } from './resource-context.ts'
import { resourceKey } from './settings/patterns.ts'
import { strayNames } from './settings/stray-names.ts'
import { type GivenSettings, readSettings, type Settings } from './settings.ts'

/** What a service is made of. Only `name` and `version` are needed. */
export interface CliquetOptions {
  readonly name: string
  /** The project's version; its first two parts are the API version, whose first part is the URL prefix (R1.1). */
  readonly version: string
  /** By name, as in the settings reference; the configuration file and the environment (`CLIQUET_…`) win over them. */
  readonly settings?: GivenSettings
  /** A configuration file (`.ini`, `.toml`, `.yaml`, `.json`), which wins over `settings`; `CLIQUET_CONFIG` names another. */
  readonly config?: string
  /** Authentication policies of your own; those that `multiauth.policies` names are used, or all of them if it is not set. */
  readonly policies?: readonly AuthenticationPolicy[]
  /** Decides in place of the stored permissions of shared resources (R10.1). */
  readonly authorization?: Decision
  /** Routes of your own below the version prefix: Fastify plugins. */
  readonly views?: readonly Views[]
  /** Which permissions give others (R10.4). */
  readonly inheritance?: Inheritance
  /** Makes the ids of resources that have no generator of their own. */
  readonly idGenerator?: IdGenerator
  /** What hello tells clients they can count on, by name (R2.2). */
  readonly capabilities?: Readonly<Record<string, Capability>>
  /** Health probes beside those of the backends, by name (R2.4). */
  readonly heartbeats?: Readonly<Record<string, Probe>>
  /** The body of `contribute.json` (R2.10). */
  readonly contribution?: Readonly<Record<string, unknown>>
  readonly clock?: Clock
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds a resource. To be called before the app is ready. */
    resource<const N extends string, S extends AnySchema>(name: N, options: ResourceOptions<S>): FastifyInstance
    readonly storage: Storage
    readonly permission: PermissionBackend
    readonly cache: Cache
  }
}

/** What the parts of a running service share. */
interface Parts {
  readonly settings: Settings
  readonly backends: Backends
  readonly clock: Clock
  readonly options: CliquetOptions
  readonly resources: Map<string, ResourceDefinition>
  /** Those of the app, as they are added. */
  readonly routes: RouteOptions[]
}

/**
 * The Fastify plugin: `await app.register(cliquet, { name, version, settings })`, then `app.resource(…)`. Everything it serves is under the
 * version prefix; what is outside is the host application's own.
 */
export async function cliquet(app: FastifyInstance, options: CliquetOptions): Promise<void> {
  const settings = readSettings({ name: options.name, version: options.version, given: options.settings, config: options.config })
  await installService(app, settings, options, async (scope) => installHttp(scope, settings, options.clock ?? systemClock))
}

// What the plugin adds is the host application's, not hidden inside (Fastify's convention for that).
Object.assign(cliquet, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'cliquet' })

/** Opens the backends, adds the decorators and serves the utility endpoints; `prepareScope` is called on the app below the prefix first. */
export async function installService(
  app: FastifyInstance,
  settings: Settings,
  options: CliquetOptions,
  prepareScope: (scope: FastifyInstance) => Promise<void>,
): Promise<void> {
  for (const notice of settings.notices) app.log.warn(notice)
  const clock = options.clock ?? systemClock
  const backends = await openBackends(settings, clock)
  const policies = await choosePolicies({ settings, own: options.policies, cache: backends.cache, clock, fetch, log: app.log })
  const parts: Parts = { settings, backends, clock, options, resources: new Map(), routes: [] }
  decorateRequests(app)
  const found = createFoundPrincipals()
  decorateViewRequests(app, backends, found)
  app.addHook('onRoute', (route) => void parts.routes.push(route))
  app.decorate('storage', backends.storage).decorate('permission', backends.permission).decorate('cache', backends.cache)
  await app.register(
    async (scope) => {
      await prepareScope(scope)
      const authentication = createAuthentication(policies, { groups: backends.permission })
      addServing(app, scope, parts, authentication)
      await serveViews(scope, options.views ?? [], authentication, found)
    },
    { prefix: `/${settings.apiPrefix}` },
  )
  app.addHook('onReady', async () => {
    for (const notice of strayNames(settings, [...parts.resources.keys()])) app.log.warn(notice)
    await prepareBackends(parts)
    await Promise.all(policies.map((policy) => policy.prepare?.()))
  })
  app.addHook('onClose', () => backends.close())
}

/** Serves the utility endpoints in the scope below the prefix, and gives the app its `resource()`. */
function addServing(app: FastifyInstance, scope: FastifyInstance, parts: Parts, authentication: Authentication): void {
  const { settings, backends, clock, options, resources, routes } = parts
  const rules = { inheritance: options.inheritance, decision: options.authorization }
  const { policies } = authentication
  scope.addHook('onRequest', authentication.identify)
  capabilitiesOf(settings, options, policies)
  const utilities = utilityEndpoints({
    settings,
    ...backends,
    authentication,
    clock,
    publicSettings: publicSettings(settings),
    // Policies learn some of it from their providers.
    get capabilities() {
      return capabilitiesOf(settings, options, policies)
    },
    probes: probesOf(options, policies),
    config: settings.configFile ?? null,
    contribution: options.contribution,
    routes,
  })
  serve(scope, [...utilities, ...loginEndpoints({ policies, cache: backends.cache, settings })])
  const defaults = { ids: options.idGenerator, metaCheck: createMetaCheck(), clock }
  app.decorate('resource', (name: string, resourceOptions: ResourceOptions<AnySchema>) => {
    if (resources.has(name)) throw new ConfigurationError(`the resource "${name}" is defined twice`)
    const definition = defineResource(name, resourceOptions, defaults)
    resources.set(name, definition)
    const context = resourceContext(definition, { settings, backends, authentication, rules, clock })
    const endpoints = resourceEndpoints(context, (kind, method) => isEnabled(settings, name, kind, method))
    serve(scope, endpoints, definition.shared ? [] : [authentication.requireUser])
    return app
  })
}

function isEnabled({ ofResources }: Settings, resource: string, kind: 'list' | 'record', method: string): boolean {
  return ofResources.get(resourceKey(`${kind === 'list' ? 'plural' : 'object'}_${resource}_${method}_enabled`)) !== false
}

async function prepareBackends({ backends, resources }: Parts): Promise<void> {
  await backends.storage.prepare([...resources.values()].map(({ name, uniqueFields, indexes }) => ({ name, uniqueFields, indexes })))
  await backends.permission.prepare()
  await backends.cache.prepare()
}

/** The settings that everybody may see (R2.2). */
const publicSettings = ({ batchMaxRequests, readonly, explicitPermissions }: Settings): Readonly<Record<string, unknown>> => ({
  batch_max_requests: batchMaxRequests,
  readonly,
  explicit_permissions: explicitPermissions,
})

/** What the author declares, and what the service has of itself (R2.2, R2.7, R4.5). */
function capabilitiesOf(
  { flushEndpointEnabled, projectDocs }: Settings,
  options: CliquetOptions,
  policies: readonly AuthenticationPolicy[],
): ReadonlyMap<string, Capability> {
  const capabilities = new Map(Object.entries(options.capabilities ?? {}))
  const declare = (name: string, capability: Capability): void => {
    if (capabilities.has(name)) throw new ConfigurationError(`the capability "${name}" is declared twice`)
    capabilities.set(name, capability)
  }
  for (const [name, capability] of policyCapabilities(policies)) declare(name, capability)
  if (flushEndpointEnabled) declare('flush_endpoint', { description: 'POST /__flush__ deletes everything.', url: projectDocs })
  return capabilities
}

/** The author's health probes, and those of policies with a provider (R2.4). */
function probesOf({ heartbeats = {} }: CliquetOptions, policies: readonly AuthenticationPolicy[]): ReadonlyMap<string, Probe> {
  const probes = new Map(Object.entries(heartbeats))
  for (const { name, heartbeat } of policies) {
    if (heartbeat === undefined) continue
    const key = probes.has(heartbeat.name) ? name : heartbeat.name
    if (probes.has(key) || ['storage', 'permission', 'cache'].includes(key)) {
      throw new ConfigurationError(`the policy "${name}" can't have a heartbeat "${key}": another one has that name`)
    }
    probes.set(key, () => heartbeat.check())
  }
  return probes
}
