import type { Collection, Purge, ResourceDeclaration } from '../contract.ts'
import type { CollectionState } from './collection-state.ts'
import { createCollectionState } from './collection-state.ts'
import { createUniqueValues } from './unique-values.ts'

/** All collections of a storage. */
export interface Collections {
  /** The collection; made when it is not known. */
  of(collection: Collection): CollectionState
  /** All that are known, with their states. */
  all(): readonly (readonly [Collection, CollectionState])[]
  /** Sets the unique fields of these resources. @throws ConfigurationError when values are already double; nothing is changed then */
  declare(resources: readonly ResourceDeclaration[]): void
  /** @returns how many tombstones were removed */
  purge(purge: Purge): number
  clear(): void
}

/** Makes an empty set of collections. */
export function createCollections(): Collections {
  const parents = new Map<string, Map<string, CollectionState>>()
  const uniqueFields = new Map<string, readonly string[]>()

  function of({ parentId, resource }: Collection): CollectionState {
    const resources = parents.get(parentId) ?? new Map<string, CollectionState>()
    parents.set(parentId, resources)
    const state = resources.get(resource) ?? createCollectionState(uniqueFields.get(resource) ?? [])
    resources.set(resource, state)
    return state
  }

  function declare(declarations: readonly ResourceDeclaration[]): void {
    const changes = declarations.flatMap((declaration) =>
      [...parents.values()]
        .map((resources) => resources.get(declaration.name))
        .filter((state) => state !== undefined)
        .map((state) => ({ state, unique: createUniqueValues(declaration.uniqueFields, state.live.upwards(Number.NEGATIVE_INFINITY)) })),
    )
    for (const { state, unique } of changes) state.unique = unique
    for (const declaration of declarations) uniqueFields.set(declaration.name, [...declaration.uniqueFields])
  }

  function purge({ parentId, resource, before, keep }: Purge): number {
    const whole = parentId !== undefined && before === undefined && keep === undefined
    let purged = 0
    for (const [parent, resources] of parents) {
      if (parentId !== undefined && parent !== parentId) continue
      for (const [name, state] of resources) {
        if (resource !== undefined && name !== resource) continue
        purged += purgeState(state, before, keep)
        if (whole && state.live.size === 0) resources.delete(name)
      }
      if (resources.size === 0) parents.delete(parent)
    }
    return purged
  }

  const all = (): (readonly [Collection, CollectionState])[] =>
    [...parents].flatMap(([parentId, resources]) =>
      [...resources].map(([resource, state]): [Collection, CollectionState] => [{ parentId, resource }, state]),
    )

  return { of, all, declare, purge, clear: () => parents.clear() }
}

/** Takes away the tombstones that are older than `before` and not among the newest `keep`. */
function purgeState(state: CollectionState, before = Number.POSITIVE_INFINITY, keep = 0): number {
  const tombstones = [...state.all.upwards(Number.NEGATIVE_INFINITY)].filter(({ record }) => !record)
  const purged = tombstones.slice(0, Math.max(0, tombstones.length - keep)).filter(({ timestamp }) => timestamp < before)
  for (const tombstone of purged) state.forget(tombstone)
  return purged.length
}
