import type { IncomingHttpHeaders } from 'node:http'
import type { JsonObject } from '../primitives/json.ts'

/** A way to tell who sends a request (R4.8). */
export interface AuthenticationPolicy {
  /** Prefix of its user ids: `basicauth` makes `basicauth:…` (R4.2). */
  readonly name: string
  /** What `WWW-Authenticate` says in a 401 (R3.10). */
  readonly challenge: string
  /** What hello tells about it (R2.2). */
  readonly capability?: { readonly description: string; readonly url: string }
  /** Its Security Scheme Object of OpenAPI 2.0 (R2.8). Default: a key in the header `Authorization`, as is said there of bearer tokens. */
  readonly securityDefinition?: JsonObject
  /** The user id without prefix; undefined where there is none that it knows: malformed credentials are no error (R4.3). */
  authenticate(headers: IncomingHttpHeaders): string | undefined | Promise<string | undefined>
}
