import type { Access } from '../primitives/access.ts'

/** Something open that must be closed. */
export interface Closable {
  close(): Promise<void>
  /**
   * How long a call that comes now would wait in a line of this process before anything is done for it, ms. A guess that costs nothing: it is asked for
   * with every request when there is much to do.
   */
  expectedWait?(access: Access): number
  /** How its connections are used at the moment. */
  usage?(): PoolUsage
}

/** How the connections of a pool are used at a moment. */
export interface PoolUsage {
  /** How many there may be. */
  readonly size: number
  readonly busy: number
  /** Calls that wait for one. */
  readonly waiting: number
}

/** One user's share of something open. */
export interface Lease<T> {
  readonly value: T
  /** Gives the share back; the last one closes the thing. Giving back twice does nothing. */
  release(): Promise<void>
}

/** What several backends of one service share: one database handle or pool per key (an URL). Each service has its own. */
export interface Connections {
  /** The open thing of that key, opened by the first who asks. */
  lease<T extends Closable>(key: string, open: () => T): Lease<T>
}

/** The same for the service, which made it. */
export interface SharedConnections extends Connections {
  /** The longest wait that any of the open things expects, ms. */
  expectedWait(access: Access): number
  /** Of all pools together; undefined if there is none. */
  usage(): PoolUsage | undefined
}

interface Shared {
  readonly value: Closable
  users: number
}

/** Makes an empty set of shared connections. */
export function createConnections(): SharedConnections {
  const open = new Map<string, Shared>()

  async function release(key: string, shared: Shared): Promise<void> {
    shared.users -= 1
    if (shared.users > 0) return
    if (open.get(key) === shared) open.delete(key)
    await shared.value.close()
  }

  return {
    expectedWait(access) {
      let longest = 0
      for (const { value } of open.values()) longest = Math.max(longest, value.expectedWait?.(access) ?? 0)
      return longest
    },
    usage() {
      const usages = [...open.values()].flatMap(({ value }) => value.usage?.() ?? [])
      return usages.length === 0 ? undefined : usages.reduce(addUsage)
    },
    lease<T extends Closable>(key: string, make: () => T): Lease<T> {
      const shared = open.get(key) ?? { value: make(), users: 0 }
      open.set(key, shared)
      shared.users += 1
      let released: Promise<void> | undefined
      return {
        value: shared.value as T, // a key names one kind of thing: it starts with its driver's name
        release: () => (released ??= release(key, shared)),
      }
    },
  }
}

const addUsage = (one: PoolUsage, other: PoolUsage): PoolUsage => ({
  size: one.size + other.size,
  busy: one.busy + other.busy,
  waiting: one.waiting + other.waiting,
})
