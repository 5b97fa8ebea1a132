import type { Collection, Purge, ResourceDeclaration } from '../contract.ts'
import type { StorageItem } from '../dump.ts'
import { type Change, fromDump, toDump } from './changes.ts'
import type { KeptState } from './collection-state.ts'
import { createCollectionState } from './collection-state.ts'
import { purgeFrom } from './purging.ts'
import { createUniqueIndex } from './unique-values.ts'

/** All collections of a storage in memory. */
export interface Collections {
  /** The collection; made when it is not known. */
  of(collection: Collection): KeptState
  /** All that are known, with their states. */
  all(): readonly (readonly [Collection, KeptState])[]
  /** Sets the unique fields of these resources. @throws ConfigurationError when values are already double; nothing is changed then (S26) */
  declare(resources: readonly ResourceDeclaration[]): void
  /** Does what a draft did (`Draft.changes`), or takes in what a dump gave; never refuses. */
  apply(changes: readonly Change[]): void
  /** @returns how many tombstones were removed (S23) */
  purge(purge: Purge): number
  /** Everything, as it is when the first is asked for: a list of references, no copies (S36, S37). */
  dump(): Generator<StorageItem, void, undefined>
  clear(): void
}

/** Makes an empty set of collections. */
export function createCollections(): Collections {
  const parents = new Map<string, Map<string, KeptState>>()
  const uniqueFields = new Map<string, readonly string[]>()

  function of({ parentId, resource }: Collection): KeptState {
    const resources = parents.get(parentId) ?? new Map<string, KeptState>()
    parents.set(parentId, resources)
    const state = resources.get(resource) ?? createCollectionState(uniqueFields.get(resource) ?? [])
    resources.set(resource, state)
    return state
  }

  function drop({ parentId, resource }: Collection): void {
    const resources = parents.get(parentId)
    resources?.delete(resource)
    if (resources?.size === 0) parents.delete(parentId)
  }

  function declare(declarations: readonly ResourceDeclaration[]): void {
    const changes = declarations.flatMap((declaration) =>
      [...parents.values()]
        .map((resources) => resources.get(declaration.name))
        .filter((state) => state !== undefined)
        .map((state) => ({ state, unique: createUniqueIndex(declaration.uniqueFields, state.live.upwards(Number.NEGATIVE_INFINITY)) })),
    )
    for (const { state, unique } of changes) state.unique = unique
    for (const declaration of declarations) uniqueFields.set(declaration.name, [...declaration.uniqueFields])
  }

  /** First all is taken away that changes: an item may have the timestamp or a unique value that another one had. */
  function apply(changes: readonly Change[]): void {
    for (const change of changes) if (change.kind !== 'collection' && change.id !== undefined) of(change).forget(change.id)
    for (const change of changes) {
      const state = of(change)
      if (change.kind === 'collection') state.timestamp = change.timestamp
      else if (change.kind !== 'forgotten') state.place(fromDump(change))
      else if (change.id === undefined && state.all.size === 0) drop(change)
    }
  }

  const all = (): (readonly [Collection, KeptState])[] =>
    [...parents].flatMap(([parentId, resources]) =>
      [...resources].map(([resource, state]): [Collection, KeptState] => [{ parentId, resource }, state]),
    )

  return {
    of,
    all,
    declare,
    apply,
    purge: (purge) => purgeFrom(all(), purge, drop),
    dump: () => dumpOf(all),
    clear: () => parents.clear(),
  }
}

function* dumpOf(collections: Collections['all']): Generator<StorageItem, void, undefined> {
  const snapshot = collections().map(([collection, { timestamp, all }]) => ({
    collection,
    timestamp,
    items: [...all.upwards(Number.NEGATIVE_INFINITY)],
  }))
  for (const { collection, timestamp, items } of snapshot) {
    if (timestamp === undefined) continue
    yield { kind: 'collection', ...collection, timestamp }
    for (const item of items) yield toDump(collection, item)
  }
}
