import type { Collection, Purge } from '../contract.ts'
import type { CollectionState } from './collection-state.ts'

/**
 * Takes tombstones away (S23). `forgetTimestamp` is called for collections that have nothing any more and shall have no timestamp either.
 * @returns how many tombstones
 */
export function purgeFrom(
  collections: readonly (readonly [Collection, CollectionState])[],
  { parentId, resource, before, keep }: Purge,
  forgetTimestamp: (collection: Collection) => void,
): number {
  const whole = parentId !== undefined && before === undefined && keep === undefined
  let purged = 0
  for (const [collection, state] of collections) {
    if (parentId !== undefined && collection.parentId !== parentId) continue
    if (resource !== undefined && collection.resource !== resource) continue
    purged += purgeState(state, before, keep)
    if (whole && state.live.size === 0) forgetTimestamp(collection)
  }
  return purged
}

/** Takes away the tombstones that are older than `before` and not among the newest `keep`. */
function purgeState(state: CollectionState, before = Number.POSITIVE_INFINITY, keep = 0): number {
  const tombstones = [...state.all.upwards(Number.NEGATIVE_INFINITY)].filter(({ record }) => !record)
  const purged = tombstones.slice(0, Math.max(0, tombstones.length - keep)).filter(({ timestamp }) => timestamp < before)
  for (const { id } of purged) state.forget(id)
  return purged.length
}
