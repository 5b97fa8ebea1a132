import type { FastifyInstance } from 'fastify'
import type { Authentication } from '../../auth/authentication.ts'
import type { AuthenticationPolicy } from '../../auth/policy.ts'
import type { RateLimit } from '../../auth/rate-limit.ts'
import type { Cache } from '../../cache/contract.ts'
import type { AnySubscriber } from '../../events/contract.ts'
import type { RequestObserver } from '../../http/summary.ts'
import type { Transactions } from '../../http/transactions.ts'
import type { Metrics } from '../../metrics/contract.ts'
import type { PermissionBackend } from '../../permission/contract.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { ResourceDeclaration, Storage } from '../../storage/contract.ts'
import type { Tracing } from '../../tracing/contract.ts'
import type { Capability, Probe } from '../../views/context.ts'
import type { ServiceDatabase } from '../database.ts'
import type { Watch } from '../observation/watch.ts'
import type { Views } from '../own-views.ts'
import type { Settings } from '../settings.ts'

/** What steps make for those after them; a step that takes the place of one must make the same. */
export interface Parts {
  /** Of services that are traced. */
  readonly tracing: Tracing
  /** Without the step `metrics` one that measures nothing. */
  readonly metrics: Metrics
  /** Looks at work that has a name, such as calls of backends. Without the step `metrics` it does not. */
  readonly watch: Watch
  readonly storage: Storage
  /** Of storages on PostgreSQL and SQLite, made by the step `storage`. */
  readonly database: ServiceDatabase
  readonly permission: PermissionBackend
  readonly cache: Cache
  readonly policies: readonly AuthenticationPolicy[]
  readonly events: ServiceEvents
  readonly authentication: Authentication
  /** What the storage is told of the resources: of all that have been added. Made by the step `resources`. */
  readonly declarations: () => readonly ResourceDeclaration[]
  /** Of services that have one. */
  readonly rateLimit: RateLimit
}

/** Has what requests do committed as a whole, and subscribers told of it. */
export interface ServiceEvents extends Transactions {
  /** `called`: what messages call the subscriber. @throws ConfigurationError after the start, and for an unknown event or action */
  subscribe(subscriber: AnySubscriber, called?: string): void
}

/** A start on its way: what every step is given. */
export interface StartUp {
  readonly app: FastifyInstance
  /** The app below the version prefix. @throws ConfigurationError before the step `prefix` */
  readonly scope: FastifyInstance
  readonly settings: Settings
  readonly clock: Clock
  /** What hello will tell, by name (R2.2); to be added to. */
  readonly capabilities: Map<string, Capability>
  /** Health probes, by name (R2.4); to be added to. */
  readonly heartbeats: Map<string, Probe>
  /** Routes below the version prefix, for the step `views`; to be added to. */
  readonly views: Views[]
  /** What an earlier step has made. @throws ConfigurationError that names the step, if there was none */
  need<Name extends keyof Parts>(name: Name): Parts[Name]
  /** The same, or undefined if there is none. */
  find<Name extends keyof Parts>(name: Name): Parts[Name] | undefined
  /** Makes it known to later steps. */
  provide<Name extends keyof Parts>(name: Name, part: Parts[Name]): void
  /**
   * Has `observer` told of each request, those inside batches too, once it has been answered or its client has gone. Without any observer
   * nothing is kept of requests. It is the step `http` that takes note of them. @returns what takes that back
   */
  observeRequests(observer: RequestObserver): () => void
  /** Called when everything is registered and before the first request, in the order of the calls. */
  onPrepare(work: () => Promise<void>): void
}

/** A step of the start. */
export interface StartStep {
  /** By which others name it. */
  readonly name: string
  run(start: StartUp): void | Promise<void>
}
