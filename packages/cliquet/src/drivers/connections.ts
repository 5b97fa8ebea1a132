/** Something open that must be closed. */
export interface Closable {
  close(): Promise<void>
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

interface Shared {
  readonly value: Closable
  users: number
}

/** Makes an empty set of shared connections. */
export function createConnections(): Connections {
  const open = new Map<string, Shared>()

  async function release(key: string, shared: Shared): Promise<void> {
    shared.users -= 1
    if (shared.users > 0) return
    if (open.get(key) === shared) open.delete(key)
    await shared.value.close()
  }

  return {
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
