/** A user on the way to the provider. */
export interface LoginRequest {
  /** Space-separated. */
  readonly scope: string
  /** Whether the provider shall ask the user nothing. */
  readonly silent: boolean
  /** The URL of this service to which the provider sends the user back. */
  readonly redirectUri: string
  /** Comes back with the user. */
  readonly state: string
  /** A secret that proves at the exchange that both requests are ours (RFC 7636). */
  readonly verifier: string
}

/** A user who came back. */
export interface LoginAnswer {
  readonly code: string
  readonly redirectUri: string
  readonly verifier: string
}

/** How a policy logs users in by redirections (R4.7). */
export interface LoginFlow {
  /** The URLs to which a user may be sent back with a token: whole URLs, or origins for everything there. */
  readonly callbacks: readonly string[]
  /** How long a login may take, ms. */
  readonly stateTtl: number
  /** Scopes without which the user id can't be told. */
  readonly neededScopes: readonly string[]
  /** The URL at the provider. @throws BackendError */
  authorize(request: LoginRequest): Promise<string>
  /** The provider's JSON answer as text; undefined if it refuses the code. @throws BackendError */
  exchange(answer: LoginAnswer): Promise<string | undefined>
}
