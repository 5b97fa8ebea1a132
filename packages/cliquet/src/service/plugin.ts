import type { FastifyInstance } from 'fastify'
import type { Cache } from '../cache/contract.ts'
import { createRequestObservers } from '../http/observers.ts'
import { createReadiness, type Readiness } from '../http/readiness.ts'
import type { Metrics } from '../metrics/contract.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import { systemClock } from '../primitives/clock.ts'
import type { Storage } from '../storage/contract.ts'
import { announce } from './announcement.ts'
import type { CliquetOptions } from './options.ts'
import type { Installation } from './plan.ts'
import { createLogTap } from './reporting/log-tap.ts'
import { readSettings, type Settings } from './settings.ts'
import { builtInSteps, type StepOptions } from './startup/built-in.ts'
import { stepsBySettings } from './startup/modules.ts'
import { loadPlugins, type NamedPlugin, pluginDefaults } from './startup/plugins.ts'
import { changedSequence } from './startup/sequence.ts'
import { runSteps } from './startup/start-up.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly storage: Storage
    readonly permission: PermissionBackend
    readonly cache: Cache
    /** Measures what the service does, and what its author likes to. */
    readonly metrics: Metrics
    /** Who ends the process by hand says so here some time before, so that load balancers have been told (`__lbheartbeat__`). */
    readonly readiness: Readiness
  }
}

/**
 * The Fastify plugin: `await app.register(cliquet, { name, version, settings })`, then `app.resource(…)`. Everything it serves is under the
 * version prefix; what is outside is the host application's own.
 */
export async function cliquet(app: FastifyInstance, options: CliquetOptions): Promise<void> {
  await announce({ service: undefined, plan: undefined })()
  await installService(app, settingsOf(options), options, { owns: 'prefix', observers: createRequestObservers(), tap: createLogTap() })
}

// What the plugin adds is the host application's, not hidden inside (Fastify's convention for that).
Object.assign(cliquet, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'cliquet' })

/** The settings that these options name. @throws ConfigurationError */
export const settingsOf = ({ name, version, settings, config }: CliquetOptions, plugins: readonly NamedPlugin[] = []): Settings =>
  readSettings({ name, version, config, given: { ...pluginDefaults(plugins), ...settings } })

/** Runs the steps of the start: the built-in ones, as plugins, the author and the settings have changed them. */
export async function installService(
  app: FastifyInstance,
  settings: Settings,
  options: CliquetOptions,
  surroundings: Pick<StepOptions, 'owns' | 'observers' | 'tap' | 'log'>,
): Promise<Installation> {
  const plugins = await loadPlugins(options.plugins ?? [], settings)
  const inForce = plugins.some(({ plugin }) => plugin.settings !== undefined) ? settingsOf(options, plugins) : settings
  app.decorate('readiness', createReadiness())
  for (const notice of inForce.notices) app.log.warn(notice)
  const builtIn = builtInSteps({ options, plugins, ...surroundings })
  const changes = [...plugins.flatMap(({ plugin }) => plugin.steps ?? []), ...(options.steps ?? [])]
  const start = await runSteps(app, await stepsBySettings(changedSequence(builtIn, changes), inForce), {
    settings: inForce,
    clock: options.clock ?? systemClock,
    capabilities: new Map(Object.entries(options.capabilities ?? {})),
    heartbeats: new Map(Object.entries(options.heartbeats ?? {})),
    views: options.views ?? [],
    observers: surroundings.observers,
  })
  return { settings: inForce, plugins, start }
}
