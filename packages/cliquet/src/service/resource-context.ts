import type { Authentication } from '../auth/authentication.ts'
import { type AuthorizationOptions, createAuthorization } from '../auth/authorization.ts'
import type { Cache } from '../cache/contract.ts'
import type { Sessions } from '../events/contract.ts'
import type { Transactions } from '../http/transactions.ts'
import type { RecordModel } from '../model/model.ts'
import type { Clock } from '../primitives/clock.ts'
import type { ResourceContext } from '../resource/context.ts'
import type { ResourceDefinition } from '../resource/define.ts'
import { resourceKey } from './settings/patterns.ts'
import type { Settings } from './settings.ts'

/** The parts of a service that resources work with. */
export interface ServiceParts {
  readonly settings: Settings
  readonly backends: Sessions & { readonly cache: Cache }
  readonly authentication: Authentication
  /** The application's own decision, if it has one, and its inheritance of permissions. */
  readonly rules: Pick<AuthorizationOptions, 'decision' | 'inheritance'>
  readonly clock: Clock
  /** All resources, also those that are yet to be added. */
  readonly resources: ReadonlyMap<string, ResourceDefinition>
  readonly transactions: Transactions
}

/** Ties a resource to the service that serves it. */
export function resourceContext(definition: ResourceDefinition, parts: ServiceParts): ResourceContext {
  const { settings, backends, authentication, rules, clock, resources, transactions } = parts
  const { storage, permission, cache } = backends
  const { name, schema, permissions, readonlyFields, ids, processRecord } = definition
  const { explicitPermissions, granted } = settings
  const model: RecordModel = { name, schema, permissions, readonlyFields, ids, processRecord, storage, permission, explicitPermissions }
  const authorization = createAuthorization({ permission, granted, ...rules })
  const seconds = settings.ofResources.get(resourceKey(`${name}_cache_expires_seconds`))
  const cacheSeconds = typeof seconds === 'number' && seconds > 0 ? seconds : undefined
  const within = (sessions: Sessions) => resourceContext(definition, { ...parts, backends: { ...sessions, cache } })
  return { definition, resources, model, authentication, authorization, cache, settings, cacheSeconds, clock, transactions, within }
}
