import type { Clock } from '../../primitives/clock.ts'

/** How a document of a provider is kept. Times are ms. */
export interface KeptOptions<T> {
  readonly clock: Clock
  readonly fetch: () => Promise<T>
  /** How long it is used without asking again. */
  readonly ttl: number
  /** How much longer it is used while it can't be had again. */
  readonly graceTtl: number
  /** Least time between two fetches that were not due. */
  readonly cooldown: number
}

/** A document that is fetched when it is needed, one fetch at a time. */
export interface Kept<T> {
  /** What is kept, without fetching. */
  readonly value: T | undefined
  /** The document, not older than `ttl` if it can be had. @throws what `fetch` throws if there is none that may be used */
  get(): Promise<T>
  /** A newer one than was known; undefined if the last fetch is not `cooldown` ago. @throws what `fetch` throws, also if it did last time */
  renewed(): Promise<T | undefined>
}

/** How soon a document is asked for again where there is none at all, ms: until then requests fail without waiting. */
const retryAfter = 1000

/** Makes what keeps a document. */
export function createKept<T>({ clock, fetch, ttl, graceTtl, cooldown }: KeptOptions<T>): Kept<T> {
  let kept: { readonly value: T; readonly at: number } | undefined
  let pending: Promise<T> | undefined
  let failure: unknown
  let lastStart = Number.NEGATIVE_INFINITY

  async function fetchOnce(): Promise<T> {
    lastStart = clock()
    try {
      const value = await fetch()
      kept = { value, at: clock() }
      failure = undefined
      return value
    } catch (error) {
      failure = error
      throw error
    }
  }
  const renew = (): Promise<T> => {
    pending ??= fetchOnce().finally(() => {
      pending = undefined
    })
    return pending
  }
  const isUsable = (age: number): boolean => kept !== undefined && clock() - kept.at < age

  return {
    get value() {
      return kept?.value
    },
    async get() {
      if (kept !== undefined && isUsable(ttl)) return kept.value
      const old = kept !== undefined && isUsable(ttl + graceTtl) ? kept : undefined
      const mayAsk = pending !== undefined || clock() - lastStart >= (old === undefined ? retryAfter : cooldown)
      if (old === undefined) {
        if (mayAsk || failure === undefined) return renew()
        throw failure
      }
      return mayAsk ? renew().catch(() => old.value) : old.value
    },
    async renewed() {
      if (pending !== undefined || clock() - lastStart >= cooldown) return renew()
      if (failure === undefined) return undefined
      throw failure
    },
  }
}
