import { memoryTransactionOn } from '../../drivers/memory/transaction.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'
import type { PermissionBackend, PermissionSession } from '../contract.ts'
import type { PermissionItem } from '../dump.ts'
import { createObjects, type Objects } from './objects.ts'

/** How a memory permission backend is made. */
export interface MemoryPermissionOptions {
  /** Identifies the database that this backend shares with a storage; its own, unless given. */
  readonly database?: object | undefined
  /** Called at the first `close`. */
  readonly onClose?: (() => Promise<void>) | undefined
}

/** Work that is done at once, in the turn of the write it is joined to. */
interface MemoryWork extends JoinedWork {
  /** @param ids of the records that the write removes */
  run(ids: readonly string[]): void
}

const isMemoryWork = (work: JoinedWork, database: object): work is MemoryWork =>
  work.database === database && 'run' in work && typeof work.run === 'function'

/** Which principals users have. */
interface Users {
  of(userId: string): readonly string[]
  give(userId: string, principal: string): void
  take(userId: string, principal: string): void
  takeFromAll(principal: string): void
  /** Each principal of each user. */
  all(): readonly { readonly userId: string; readonly principal: string }[]
  clear(): void
}

function createUsers(): Users {
  const users = new Map<string, Set<string>>()

  function take(userId: string, principal: string): void {
    const principals = users.get(userId)
    principals?.delete(principal)
    if (principals?.size === 0) users.delete(userId)
  }

  return {
    of: (userId: string): readonly string[] => [...(users.get(userId) ?? [])],
    give: (userId: string, principal: string): void => {
      users.set(userId, (users.get(userId) ?? new Set()).add(principal))
    },
    take,
    takeFromAll: (principal: string): void => {
      for (const userId of users.keys()) take(userId, principal)
    },
    all: () => [...users].flatMap(([userId, principals]) => [...principals].map((principal) => ({ userId, principal }))),
    clear: (): void => users.clear(),
  }
}

/** What calls need. */
interface Grants {
  /** @throws what calls shall fail with */
  users(): Users
  /** @throws what calls shall fail with */
  objects(): Objects
  readonly database: object
}

function createGrants({ users, objects, database }: Grants): PermissionSession {
  const work = (run: (ids: readonly string[]) => void): MemoryWork => ({ database, run })
  return {
    principalsOf: async (userId) => users().of(userId),
    addUserPrincipal: async (userId, principal) => users().give(userId, principal),
    removeUserPrincipal: async (userId, principal) => users().take(userId, principal),
    removePrincipal: async (principal) => users().takeFromAll(principal),
    isGranted: async (grants, principals) => {
      const known = objects()
      return grants.some((grant) => known.holds(grant, grant.permission, principals))
    },
    permissionsOf: async (object) => objects().permissionsOf(object),
    accessible: async (parent, permissions, principals) => objects().accessible(parent, permissions, principals),
    replace: async (object, change) => objects().replace(object, change),
    remove: async (removed) => objects().remove(removed),
    replaceWork: (object, change, add) =>
      work(() => {
        objects().replace(object, change)
        objects().add(object, add)
      }),
    removeWork: (parentId, prefix) => work((ids) => objects().remove(ids.map((id) => ({ parentId, uri: `${prefix}${id}` })))),
    run: async (joined, ids) => {
      if (!isMemoryWork(joined, database)) throw new ConfigurationError('work of another database can not be run in memory')
      objects()
      joined.run(ids)
    },
  }
}

/**
 * Makes a permission backend that keeps everything in the memory of this process: for tests, and for trying things out. Each call is done
 * within one turn of the event loop, which makes it atomic. Nothing survives a restart (P11), and what is changed in a transaction is there at
 * once and stays (P14).
 */
export function createMemoryPermission(options: MemoryPermissionOptions = {}): PermissionBackend {
  const { database = {} } = options
  const users = createUsers()
  const objects = createObjects()
  let onClose = options.onClose

  function clear(): void {
    users.clear()
    objects.clear()
  }

  return {
    ...createGrants({ users: () => users, objects: () => objects, database }),
    prepare: async () => {},
    flush: async () => clear(),
    check: async () => true,
    async *dump(): AsyncGenerator<PermissionItem, void, undefined> {
      const [grants, principals] = [objects.all(), users.all()]
      for (const grant of grants) yield { kind: 'permission', ...grant }
      for (const principal of principals) yield { kind: 'principal', ...principal }
    },
    load: async (items) => {
      for (const item of items) {
        if (item.kind === 'principal') users.give(item.userId, item.principal)
        else objects.add(item, { [item.permission]: [item.principal] })
      }
    },
    within: (begun) => {
      const transaction = memoryTransactionOn(database, begun)
      const held = <T>(value: T): T => {
        transaction?.hold()
        return value
      }
      return transaction && createGrants({ users: () => held(users), objects: () => held(objects), database })
    },
    close: async () => {
      clear()
      const release = onClose
      onClose = undefined
      await release?.()
    },
  }
}
