import { isIPv6 } from 'node:net'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { Cache, Counted } from '../cache/contract.ts'
import { BackendError } from '../errors/backend-error.ts'
import { catalogError, type HttpError } from '../errors/http-error.ts'
import { subrequestOf } from '../http/subrequest.ts'
import { inTime } from '../primitives/time-limit.ts'

/** How many requests somebody may send. */
export interface RateLimitOptions {
  readonly requests: number
  /** Of how long, ms. It begins with the first request that is counted. */
  readonly window: number
  /** Where they are counted: one for all processes of a service. */
  readonly cache: Cache
  /** Called when nobody is limited for a while, because the cache does not work. */
  readonly onFailure: (error: unknown) => void
}

/** Limits how many requests one user sends, or one address of those who are not logged in. */
export interface RateLimit {
  /** Counts a request, and refuses it with 429 if there were too many. Those inside a batch are counted by `charge`. */
  readonly hook: onRequestHookHandler
  /** Counts what a request costs beside itself. Nobody waits for it, and it refuses nothing: that is for the next request. */
  charge(request: FastifyRequest, cost: number): void
}

/** How long a request waits for the cache, ms. */
const PATIENCE = 250

/** How long nobody is limited, ms, after the cache did not count. */
const LENIENCE = 1000

/** Of how many of those who were refused it is known here that they are: they cost the cache nothing. */
const MOST_REFUSED = 10_000

/** Makes a limit. While the cache does not work, nobody is limited. */
export function createRateLimit({ requests, window, cache, onFailure }: RateLimitOptions): RateLimit {
  const refusedUntil = new Map<string, number>()
  let lenientUntil = 0

  async function count(key: string, by: number): Promise<Counted | undefined> {
    try {
      return await inTime(cache.increment(key, by, window), PATIENCE, () => new BackendError(`nothing was counted within ${PATIENCE} ms`))
    } catch (error) {
      const now = performance.now()
      if (now >= lenientUntil) onFailure(error)
      lenientUntil = now + LENIENCE
      return undefined
    }
  }

  function refuse(key: string, ttl: number): HttpError {
    if (refusedUntil.size >= MOST_REFUSED) refusedUntil.clear()
    refusedUntil.set(key, performance.now() + ttl)
    return tooMany(ttl)
  }

  return {
    hook(request, _reply, done) {
      if (subrequestOf(request) !== undefined || request.routeOptions.config.vital === true) return done()
      const key = keyOf(request)
      const now = performance.now()
      const until = refusedUntil.get(key) ?? 0
      if (until > now) return done(tooMany(until - now))
      refusedUntil.delete(key)
      if (lenientUntil > now) return done()
      void count(key, 1).then((counted) => done(counted !== undefined && counted.sum > requests ? refuse(key, counted.ttl) : undefined))
    },
    charge(request, cost) {
      if (cost > 0 && lenientUntil <= performance.now()) void count(keyOf(request), cost)
    },
  }
}

const tooMany = (left: number): HttpError =>
  catalogError('too-many-requests', { headers: { 'retry-after': String(Math.ceil(left / 1000)) } })

function keyOf({ userId, ip }: FastifyRequest): string {
  return userId === undefined ? `rate:address:${networkOf(ip)}` : `rate:user:${userId}`
}

/** Of IPv6 the first half: whoever has an address there has all others with it. */
function networkOf(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address
  const [before = '', after] = address.split('::')
  const first = before === '' ? [] : before.split(':')
  const zeros = after === undefined ? 0 : 8 - first.length - after.split(':').filter((group) => group !== '').length
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...(after ?? '').split(':')].slice(0, 4).join(':')
}
