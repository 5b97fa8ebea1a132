import type { AuthenticationPolicy } from '../../auth/policy.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { AnySubscriber } from '../../events/contract.ts'
import type { MemberSettings } from '../../primitives/member-settings.ts'
import type { ResourceOptions } from '../../resource/define.ts'
import type { AnySchema } from '../../schema/fields.ts'
import type { Capability, Probe } from '../../views/context.ts'
import { createPluginSettings } from '../member-settings.ts'
import { importExport, subject } from '../named-module.ts'
import type { Views } from '../own-views.ts'
import { formerPlugins } from '../settings/former-names.ts'
import { moduleWord } from '../settings/resolution.ts'
import type { GivenSettings, Settings } from '../settings.ts'
import type { StepChange } from './modules.ts'
import { type PluginMigrations, pluginTables } from './plugin-tables.ts'
import type { StartUp } from './step.ts'

/** The settings `plugin.{name}.*` of one plugin. A key that is set but that the plugin never asks for is an error at the start. */
export type PluginSettings = MemberSettings

/**
 * What can be brought into a service as one. A module exports it as `plugin`, and the setting `includes` names the module; in code it is given
 * as one of `plugins`. All but the name may be left out.
 */
export interface CliquetPlugin {
  /** Of its settings, and in messages. In the setting `includes` the last word of its module takes its place. */
  readonly name: string
  /** Settings of the service that count unless they are given, set in a file or by the environment. */
  readonly settings?: GivenSettings
  readonly capabilities?: Readonly<Record<string, Capability>>
  readonly heartbeats?: Readonly<Record<string, Probe>>
  readonly resources?: Readonly<Record<string, ResourceOptions<AnySchema>>>
  readonly views?: readonly Views[]
  /** Policies that `multiauth.policies` may name. */
  readonly policies?: readonly AuthenticationPolicy[]
  /** Are told of what happens to records, before those of the settings. */
  readonly subscribers?: readonly AnySubscriber[]
  /** Changes to the steps of the start. */
  readonly steps?: readonly StepChange[]
  /** Tables of its own, made and brought up to date before the first request and by the command `migrate`. `start.need('database')` works with them. */
  readonly migrations?: PluginMigrations
  /** Called after the backends and the authentication are there, and before the views are served. */
  setUp?(start: StartUp, settings: PluginSettings): void | Promise<void>
}

/** A plugin under the name by which its settings are found. */
export interface NamedPlugin {
  readonly name: string
  readonly plugin: CliquetPlugin
}

/** The plugins that code gives and those of the setting `includes`. @throws ConfigurationError for a wrong module, and two of one name */
export async function loadPlugins(given: readonly CliquetPlugin[], settings: Settings): Promise<readonly NamedPlugin[]> {
  const plugins = given.map((plugin): NamedPlugin => ({ name: plugin.name, plugin }))
  for (const specifier of settings.includes) plugins.push({ name: moduleWord(specifier), plugin: await loadPlugin(specifier, settings) })
  const names = plugins.map(({ name }) => name)
  const double = names.find((name, place) => names.indexOf(name) !== place)
  if (double !== undefined) throw new ConfigurationError(`there are two plugins with the name "${double}"`)
  return plugins
}

/** Settings that plugins give a service that has none of its own; the first plugin wins. */
export const pluginDefaults = (plugins: readonly NamedPlugin[]): GivenSettings =>
  Object.assign({}, ...plugins.toReversed().map(({ plugin }) => plugin.settings ?? {}))

/** Adds what the plugins bring to a start, and lets them do the rest themselves. */
export async function setUpPlugins(plugins: readonly NamedPlugin[], start: StartUp): Promise<void> {
  const database = start.find('database')
  for (const tables of pluginTables(plugins, database?.engine, start.settings)) start.onPrepare(async () => await database?.migrate(tables))
  for (const { name, plugin } of plugins) {
    add(name, 'capability', start.capabilities, plugin.capabilities)
    add(name, 'heartbeat', start.heartbeats, plugin.heartbeats)
    start.views.push(...(plugin.views ?? []))
    for (const [resource, options] of Object.entries(plugin.resources ?? {})) start.app.resource(resource, options)
    for (const subscriber of plugin.subscribers ?? []) start.app.subscribe(subscriber)
    const reader = createPluginSettings(name, start.settings)
    await plugin.setUp?.(start, reader.settings)
    reader.refuseUnknown()
  }
}

function add<T>(plugin: string, what: string, target: Map<string, T>, items: Readonly<Record<string, T>> = {}): void {
  for (const [name, item] of Object.entries(items)) {
    if (target.has(name)) throw new ConfigurationError(`the plugin "${plugin}" declares the ${what} "${name}", which is there already`)
    target.set(name, item)
  }
}

async function loadPlugin(specifier: string, settings: Settings): Promise<CliquetPlugin> {
  const setting = formerPlugins.get(specifier)
  if (setting !== undefined) {
    throw new ConfigurationError(
      `${subject(settings, 'includes')}: ${specifier} is a plugin of the original, here it is a setting: ${setting}`,
    )
  }
  const plugin = await importExport(specifier, 'plugin', 'a plugin: { name, … } as `plugin`', 'includes', settings)
  if (typeof plugin === 'object' && plugin !== null && 'name' in plugin && typeof plugin.name === 'string') return plugin as CliquetPlugin // the rest is the module's to keep
  throw new ConfigurationError(`${subject(settings, 'includes')}: \`plugin\` of the module ${specifier} must be { name, … }`)
}
