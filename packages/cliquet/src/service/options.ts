import type { Decision, Inheritance } from '../auth/authorization.ts'
import type { AuthenticationPolicy } from '../auth/policy.ts'
import type { AnySubscriber } from '../events/contract.ts'
import type { IdGenerator } from '../model/ids.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Capability, Probe } from '../views/context.ts'
import type { Views } from './own-views.ts'
import type { GivenSettings } from './settings.ts'
import type { StepChange } from './startup/modules.ts'
import type { CliquetPlugin } from './startup/plugins.ts'

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
  /** Plugins, beside those that the setting `includes` names. */
  readonly plugins?: readonly CliquetPlugin[]
  /** Are told of what happens to records, and may refuse it. */
  readonly subscribers?: readonly AnySubscriber[]
  /** Changes to the steps of the start. Those of settings come after them. */
  readonly steps?: readonly StepChange[]
  readonly clock?: Clock
}
