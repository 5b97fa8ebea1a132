import { createHmac } from 'node:crypto'
import type { Cache } from '../../cache/contract.ts'
import type { Clock } from '../../primitives/clock.ts'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'
import type { Identity, PolicyLog } from '../policy.ts'
import type { Verification, Verify } from './verification.ts'

/** How verified tokens are remembered. */
export interface VerifiedTokensOptions {
  /** The policy's. */
  readonly name: string
  /** Everything that decides whether a token is good: with other settings, tokens are verified anew. */
  readonly rules: Json
  readonly verify: Verify
  readonly cache: Cache
  readonly clock: Clock
  /** Longest time that a verification counts, ms. A token that expires before is verified no longer than that. */
  readonly ttl: number
  readonly log: PolicyLog
}

/** How long a token that the provider refused is refused without asking it again, ms, and how many such tokens are known at most. */
const refusedTtl = 10_000
const maxRefused = 1000

/**
 * Verifies tokens and keeps what was verified in the cache, under an HMAC of rules and token: whoever can read the cache learns no token. A
 * cache that fails is as good as an empty one. Requests with the same token wait for one verification.
 * @returns whose a token is; undefined if it is refused
 */
export function createVerifiedTokens(options: VerifiedTokensOptions): (token: string) => Promise<Identity | undefined> {
  const { name, rules, verify, clock } = options
  const secret = JSON.stringify(rules)
  const kept = createKeptIdentities(options)
  const refused = createRefusedTokens(clock)
  const running = new Map<string, Promise<Identity | undefined>>()

  async function find(token: string, key: string): Promise<Identity | undefined> {
    const known = await kept.get(key)
    if (known !== undefined || refused.has(key)) return known
    const verification = await verify(token)
    if (verification.kind === 'verified') {
      await kept.set(key, verification)
      return verification.identity
    }
    if (verification.byProvider) refused.add(key)
    return undefined
  }

  return (token) => {
    const key = `auth:${name}:${createHmac('sha256', secret).update(token).digest('hex')}`
    const found = running.get(key) ?? find(token, key).finally(() => running.delete(key))
    running.set(key, found)
    return found
  }
}

interface KeptIdentities {
  get(key: string): Promise<Identity | undefined>
  set(key: string, verification: Extract<Verification, { kind: 'verified' }>): Promise<void>
}

function createKeptIdentities({ name, cache, clock, ttl, log }: VerifiedTokensOptions): KeptIdentities {
  const failed = (err: unknown): undefined => {
    log.warn({ err, policy: name }, 'the cache of verified tokens fails')
  }
  return {
    async get(key) {
      const entry = await cache.get(key).catch(failed)
      if (!isJsonObject(entry) || typeof entry.until !== 'number' || entry.until <= clock()) return undefined
      return keptIdentity(entry)
    },
    async set(key, { identity, until }) {
      const end = Math.min(until ?? Number.POSITIVE_INFINITY, clock() + ttl)
      const left = end - clock()
      if (left > 0) await cache.set(key, { ...identity, until: end }, left).catch(failed)
    },
  }
}

/** What the cache gave, if it is what was put there. */
function keptIdentity({ id, principals = [], profile }: JsonObject): Identity | undefined {
  if (typeof id !== 'string' || !isJsonArray(principals) || !principals.every((principal) => typeof principal === 'string'))
    return undefined
  return { id, principals, ...(isJsonObject(profile) ? { profile } : {}) }
}

interface RefusedTokens {
  has(key: string): boolean
  add(key: string): void
}

/** The oldest are forgotten first: nobody fills the memory with forged tokens. */
function createRefusedTokens(clock: Clock): RefusedTokens {
  const ends = new Map<string, number>()
  return {
    has: (key) => (ends.get(key) ?? 0) > clock(),
    add(key) {
      ends.delete(key)
      ends.set(key, clock() + refusedTtl)
      const [oldest] = ends.keys()
      if (ends.size > maxRefused && oldest !== undefined) ends.delete(oldest)
    },
  }
}
