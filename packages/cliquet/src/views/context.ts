import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Authentication } from '../auth/authentication.ts'
import type { ExplainedResource } from '../auth/inquiry.ts'
import type { Cache } from '../cache/contract.ts'
import type { Readiness } from '../http/readiness.ts'
import type { Transactions } from '../http/transactions.ts'
import type { Exposition } from '../metrics/contract.ts'
import type { PermissionBackend } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Storage } from '../storage/contract.ts'

/** Something that hello tells clients they can count on (R2.2). */
export interface Capability {
  readonly description: string
  readonly url: string
  readonly [attribute: string]: unknown
}

/** A health probe: true is well, false is ill, null says nothing (R2.4). */
export type Probe = (request: FastifyRequest) => boolean | null | Promise<boolean | null>

/** The settings that concern the utility endpoints. */
export interface ViewSettings {
  readonly projectName: string
  readonly projectVersion: string
  readonly projectDocs: string
  readonly httpApiVersion: string
  readonly apiPrefix: string
  readonly httpScheme: string | undefined
  readonly httpHost: string | undefined
  readonly eos: string | undefined
  readonly readonly: boolean
  /** s */
  readonly rootCacheExpiresSeconds: number
  /** s */
  readonly heartbeatTimeoutSeconds: number
  /** s */
  readonly retryAfterSeconds: number
  readonly errorInfoLink: string
  readonly versionJsonPath: string
  readonly flushEndpointEnabled: boolean
  /** Who may have permissions explained; nobody: there is no such endpoint. */
  readonly explainEndpointPrincipals: readonly string[]
  /** Who may ask what was measured. */
  readonly metricsEndpointPrincipals: readonly string[]
  /** 0: any number. */
  readonly batchMaxRequests: number
}

/** What the utility endpoints work with. */
export interface ViewContext {
  readonly settings: ViewSettings
  readonly readiness: Readiness
  readonly storage: Storage
  readonly permission: PermissionBackend
  readonly cache: Cache
  readonly authentication: Authentication
  readonly transactions: Transactions
  /** Counts what a request costs beside itself, where the requests of each user are counted. */
  readonly charge: (request: FastifyRequest, cost: number) => void
  readonly clock: Clock
  /** What hello shows under `settings`. */
  readonly publicSettings: Readonly<Record<string, unknown>>
  readonly capabilities: ReadonlyMap<string, Capability>
  readonly probes: ReadonlyMap<string, Probe>
  /** What was measured, if there is a driver that can be asked. */
  readonly exposition: Exposition | undefined
  /** The configuration file, if there is one. */
  readonly config: { readonly path: string; readonly hash: string; readonly modified: string } | null
  /** What `contribute.json` tells, if the project says so (R2.10). */
  readonly contribution: Readonly<Record<string, unknown>> | undefined
  /** Every route of the app so far; all of them once it is ready. */
  readonly routes: readonly RouteOptions[]
  /** Every resource so far; all of them once the app is ready. */
  readonly resources: readonly ExplainedResource[]
  /** Where each setting stands that is set, by name: `application.ini:12: setting "article_read_principals"`. */
  readonly places: ReadonlyMap<string, string>
}
