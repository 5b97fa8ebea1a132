import type { RouteOptions } from 'fastify'
import { policyCapabilities } from '../../auth/capabilities.ts'
import type { ExplainedResource } from '../../auth/inquiry.ts'
import { loginEndpoints } from '../../auth/login/endpoints.ts'
import type { AuthenticationPolicy } from '../../auth/policy.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { serve } from '../../http/endpoint.ts'
import type { Capability, Probe, ViewContext } from '../../views/context.ts'
import { type UtilityName, utilities } from '../../views/endpoints.ts'
import type { Settings } from '../settings.ts'
import type { StartStep, StartUp } from './step.ts'

/** What utility endpoints are served with. */
export interface UtilityOptions {
  readonly contribution: Readonly<Record<string, unknown>> | undefined
  /** Every route of the app so far; all of them once it is ready. */
  readonly routes: readonly RouteOptions[]
  /** The same of resources. */
  readonly resources: readonly ExplainedResource[]
}

/** A step for each utility endpoint, and one for the login of policies. */
export function utilitySteps(options: UtilityOptions): readonly StartStep[] {
  const contexts = new WeakMap<object, ViewContext>()
  const contextOf = (start: StartUp): ViewContext => {
    const known = contexts.get(start.settings) ?? viewContext(start, options)
    contexts.set(start.settings, known)
    return known
  }
  const names = Object.keys(utilities) as UtilityName[] // its keys, as it is written there
  return [
    ...names.map((name): StartStep => ({ name, run: (start) => serve(start.scope, utilities[name](contextOf(start))) })),
    {
      name: 'login',
      run: ({ scope, settings, need }) => serve(scope, loginEndpoints({ policies: need('policies'), cache: need('cache'), settings })),
    },
  ]
}

function viewContext(start: StartUp, { contribution, routes, resources }: UtilityOptions): ViewContext {
  const { settings, clock } = start
  const policies = start.need('policies')
  start.onPrepare(async () => void [capabilitiesOf(start, policies), probesOf(start, policies)])
  return {
    settings,
    clock,
    readiness: start.app.readiness,
    storage: start.need('storage'),
    permission: start.need('permission'),
    cache: start.need('cache'),
    authentication: start.need('authentication'),
    exposition: start.need('metrics').exposition,
    transactions: start.need('events'),
    charge: start.find('rateLimit')?.charge ?? (() => {}),
    publicSettings: publicSettings(settings),
    // Policies learn some of it from their providers, and plugins come later.
    get capabilities() {
      return capabilitiesOf(start, policies)
    },
    get probes() {
      return probesOf(start, policies)
    },
    config: settings.configFile ?? null,
    contribution,
    routes,
    resources,
    places: settings.subjects,
  }
}

/** The settings that everybody may see (R2.2). */
const publicSettings = ({ batchMaxRequests, readonly, explicitPermissions }: Settings): Readonly<Record<string, unknown>> => ({
  batch_max_requests: batchMaxRequests,
  readonly,
  explicit_permissions: explicitPermissions,
})

/** What the author and plugins declare, and what the service has of itself (R2.2, R2.7, R4.5). */
function capabilitiesOf(
  { settings, capabilities: own }: StartUp,
  policies: readonly AuthenticationPolicy[],
): ReadonlyMap<string, Capability> {
  const capabilities = new Map(own)
  const declare = (name: string, capability: Capability): void => {
    if (capabilities.has(name)) throw new ConfigurationError(`the capability "${name}" is declared twice`)
    capabilities.set(name, capability)
  }
  for (const [name, capability] of policyCapabilities(policies)) declare(name, capability)
  if (settings.flushEndpointEnabled) {
    declare('flush_endpoint', { description: 'POST /__flush__ deletes everything.', url: settings.projectDocs })
  }
  return capabilities
}

/** The health probes of the author and of plugins, and those of policies with a provider (R2.4). */
function probesOf({ heartbeats }: StartUp, policies: readonly AuthenticationPolicy[]): ReadonlyMap<string, Probe> {
  const probes = new Map(heartbeats)
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
