import type { JoinedWork } from '../primitives/joined-work.ts'
import type { Transaction } from '../primitives/transaction.ts'
import type { PermissionItem } from './dump.ts'

/** An object that can have permissions: its URI without version prefix (`/articles/a1`, R10.2) and the parent it is stored under. */
export interface ObjectRef {
  readonly parentId: string
  readonly uri: string
}

/** A permission on an object. */
export interface Grant extends ObjectRef {
  readonly permission: string
}

/** Permission name → principals, no duplicates, non-empty lists only, both sorted. */
export type PermissionSet = Readonly<Record<string, readonly string[]>>

/** Permission name → the principals it shall have; an empty list clears it; names that are left out stay. */
export type PermissionChange = Readonly<Record<string, readonly string[]>>

/**
 * Keeps who may do what, and which principals a user has. Every promise is proven by `conformance/`. Any method may fail with `BackendError`.
 *
 * - P1. Principals given to a user are got back, without duplicates; unknown users have none. Giving twice, taking what is not there: no error.
 * - P2. `removePrincipal` takes a principal from every user, and from no object.
 * - P3. `replace` replaces the permissions it names and leaves others; an empty list clears; duplicates collapse; any characters are allowed
 *   in URIs, permission names (`article:create`) and principals.
 * - P4. `isGranted` holds if any of the grants names any of the principals; no grants or no principals: false.
 * - P5. `permissionsOf` gives all non-empty permissions of an object; an unknown object has none.
 * - P6. `accessible` gives the ids of the *direct* children of a URI on which any of the principals has any of the permissions:
 *   of `/articles`, `/articles/a1` counts, `/articles/a1/notes/n1` and `/articlesX/a1` don't (R10.8).
 * - P7. `remove` removes all permissions of an object and of all URIs below it, whatever their parent (R10.16): of `/articles/a_b` also
 *   `/articles/a_b/notes/n`, but nothing of `/articles/aXb`, `/articles/a_bc` or `/Articles/a_b`.
 * - P8. The same URI under two parents is two objects (but see P7 for what lies below).
 * - P9. `replaceWork` and `removeWork` do what `replace` and `remove` do, when storage commits them (S12) or `run` runs them.
 * - P10. `flush` removes everything, `check` writes and removes a private item or only reads, a second `close` does nothing.
 * - P11. What was acknowledged survives a restart of the process.
 * - P12. `replaceWork` adds the principals of `add` after replacing, and leaves those that are there.
 * - P13. A session of a storage's transaction sees what was committed and what the transaction changed before, by joined work too; the commit
 *   commits changes of both. After the end of the transaction its calls fail with `BackendError` (R10.17, R11.15).
 * - P14. Nobody else sees anything of a transaction before its commit, and a rollback leaves no trace of it.
 * - P15. A dump gives each grant to a principal and each principal of a user. It holds little in memory, waits for whoever reads it, and leaves
 *   nothing open when that one stops.
 * - P16. What a dump gives is what there was at one moment, each once; of the same state always in the same order.
 * - P17. What is loaded is there, and so is what was there before; loading the same twice is loading it once.
 */
export interface PermissionBackend extends PermissionSession {
  prepare(): Promise<void>
  flush(): Promise<void>
  check(options: { readonly readonly: boolean }): Promise<boolean>
  /** Everything that is kept, to be taken elsewhere. @throws BackendError while it is read */
  dump(): AsyncIterable<PermissionItem>
  /** Adds items of a dump: some hundreds at a time. */
  load(items: readonly PermissionItem[]): Promise<void>
  /** Reads and writes inside the transaction of a storage; undefined when it is of another database. */
  within(transaction: Transaction): PermissionSession | undefined
  close(): Promise<void>
}

/** Reading and changing permissions: each call by itself, or all inside a transaction. For the promises see `PermissionBackend`. */
export interface PermissionSession {
  principalsOf(userId: string): Promise<readonly string[]>
  addUserPrincipal(userId: string, principal: string): Promise<void>
  removeUserPrincipal(userId: string, principal: string): Promise<void>
  removePrincipal(principal: string): Promise<void>
  isGranted(grants: readonly Grant[], principals: readonly string[]): Promise<boolean>
  permissionsOf(object: ObjectRef): Promise<PermissionSet>
  accessible(parent: ObjectRef, permissions: readonly string[], principals: readonly string[]): Promise<readonly string[]>
  replace(object: ObjectRef, change: PermissionChange): Promise<void>
  remove(objects: readonly ObjectRef[]): Promise<void>
  /** Replaces, then adds: what a write that names permissions and its author needs (R10.12–R10.14). */
  replaceWork(object: ObjectRef, change: PermissionChange, add: PermissionChange): JoinedWork
  /** Removes the permissions of `${prefix}${id}` under that parent, and of all below, for each id that the write removes. */
  removeWork(parentId: string, prefix: string): JoinedWork
  /** Runs work alone; `ids` are those a removal concerns. */
  run(work: JoinedWork, ids: readonly string[]): Promise<void>
}
