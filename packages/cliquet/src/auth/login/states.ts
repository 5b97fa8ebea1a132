import { createHash, randomBytes } from 'node:crypto'
import type { Cache } from '../../cache/contract.ts'
import { isJsonObject } from '../../primitives/json.ts'

/** A login under way. */
export interface PendingLogin {
  /** The URL of the client. */
  readonly callback: string
  readonly redirectUri: string
  readonly verifier: string
}

/** Logins under way, each under a secret that counts once (R4.7). */
export interface LoginStates {
  /** @returns the secret @throws BackendError */
  begin(policy: string, login: PendingLogin, ttl: number): Promise<string>
  /** Takes a login; undefined for an unknown secret, one of another policy, one that was used, and one that is too old. @throws BackendError */
  end(policy: string, state: string): Promise<PendingLogin | undefined>
}

/** A secret that can be part of a URL: 32 random bytes. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** Keeps logins in the cache, under a hash of their secrets: whoever reads the cache can't end them. */
export function createLoginStates(cache: Cache): LoginStates {
  const keyOf = (policy: string, state: string): string => `auth:${policy}:state:${createHash('sha256').update(state).digest('hex')}`
  return {
    async begin(policy, { callback, redirectUri, verifier }, ttl) {
      const state = newSecret()
      await cache.set(keyOf(policy, state), { callback, redirectUri, verifier }, ttl)
      return state
    },
    async end(policy, state) {
      const login = await cache.remove(keyOf(policy, state))
      if (!isJsonObject(login)) return undefined
      const { callback, redirectUri, verifier } = login
      return typeof callback === 'string' && typeof redirectUri === 'string' && typeof verifier === 'string'
        ? { callback, redirectUri, verifier }
        : undefined
    },
  }
}
