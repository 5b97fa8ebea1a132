import type { IncomingHttpHeaders } from 'node:http'
import type { Cache } from '../cache/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { JsonObject } from '../primitives/json.ts'
import type { MemberSettings } from '../primitives/member-settings.ts'
import type { LoginFlow } from './login/flow.ts'

/** Who sends a request, as a policy tells it. */
export interface Identity {
  /** The user id without prefix. */
  readonly id: string
  /** Principals beside the user id, such as groups that the provider tells of (R4.8). */
  readonly principals?: readonly string[]
  /** What hello shows of the user as `profile` (R2.2). */
  readonly profile?: JsonObject
}

/** What a policy makes of a request: a user id, more than that, or nothing. */
export type Recognised = string | Identity | undefined

/** What hello tells about a policy (R2.2). */
export interface PolicyCapability {
  /** Default: the policy's name. Policies that give the same name share an entry, in which their lists are joined. */
  readonly name?: string
  readonly description: string
  readonly url: string
  readonly [attribute: string]: unknown
}

/** How a policy tells whether its provider is well (R2.4). */
export interface PolicyHeartbeat {
  /** Its key in the heartbeat. */
  readonly name: string
  check(): Promise<boolean | null>
}

/**
 * A way to tell who sends a request (R4.8). Policies are tried in order; the first one that recognises the user decides (R4.1).
 */
export interface AuthenticationPolicy {
  /** Names the policy in metrics, in OpenAPI and, unless it has a `prefix`, in user ids: `basicauth` makes `basicauth:…` (R4.2). */
  readonly name: string
  /** Prefix of its user ids, without the colon. Default: the name. */
  readonly prefix?: string
  /** What `WWW-Authenticate` says in a 401 (R3.10). */
  readonly challenge: string
  /** Read whenever hello is asked for. */
  readonly capability?: PolicyCapability | undefined
  /** Its Security Scheme Object of OpenAPI 2.0 (R2.8). Default: a key in the header `Authorization`, as is said there of bearer tokens. */
  readonly securityDefinition?: JsonObject
  readonly heartbeat?: PolicyHeartbeat | undefined
  /** Redirections that bring a user to the provider and back with a token (R4.7). */
  readonly login?: LoginFlow | undefined
  /** Called once before the service answers. A provider that is not reached is no reason to fail. @throws ConfigurationError */
  prepare?(): Promise<void>
  /**
   * Undefined where there is nobody whom it knows: malformed credentials are no error (R4.3). It reads nothing but headers.
   * @throws BackendError if that can't be told now: the answer is 503 and not 401, and no later policy is asked
   */
  authenticate(headers: IncomingHttpHeaders): Recognised | Promise<Recognised>
}

/** The settings `multiauth.policy.{name}.*` of one policy. A key that is set but that the policy never asks for is an error at the start. */
export type PolicySettings = MemberSettings

/** Where a policy says what operators should know. Tokens and secrets are never written. */
export interface PolicyLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/**
 * What the module of a policy is given: `multiauth.policy.google.use = some-module` calls its `createPolicy(options)`, which returns an
 * `AuthenticationPolicy` or a promise of one.
 */
export interface PolicyOptions {
  /** As in `multiauth.policies`, in lower case. */
  readonly name: string
  readonly settings: PolicySettings
  /** The service's cache. Keys start with `auth:{name}:`. */
  readonly cache: Cache
  readonly clock: Clock
  readonly fetch: typeof fetch
  readonly log: PolicyLog
  /** The key of user ids made from secrets: the setting `userid_hmac_secret`. @throws ConfigurationError in production if it is missing */
  userIdSecret(): string
}
