import type { CollectionState } from './collection-state.ts'

/** The timestamp of a write and what the collection's becomes, or that the chosen one is taken (S5). */
export type Stamp = { readonly timestamp: number; readonly collection: number } | 'taken'

/** The collection's timestamp, fixed at now when it has none (S14). */
export function fixedTimestamp(state: CollectionState, now: number): number {
  state.timestamp ??= now
  return state.timestamp
}

/** The timestamp of a write that chooses none (S2). */
export function nextTimestamp({ timestamp }: CollectionState, now: number): number {
  return timestamp === undefined ? now : Math.max(now, timestamp + 1)
}

/** The timestamp of a write of `id`, which may choose one (S3 to S5). Changes nothing. */
export function stamp(state: CollectionState, now: number, id: string, chosen: number | undefined): Stamp {
  const current = state.byId.get(id)
  const ignored = chosen === undefined || chosen === state.timestamp || (current?.record && chosen <= current.timestamp)
  if (ignored) {
    const timestamp = nextTimestamp(state, now)
    return { timestamp, collection: timestamp }
  }
  if (state.timestamp === undefined || chosen > state.timestamp) return { timestamp: chosen, collection: chosen }
  const owner = state.all.at(chosen)
  return owner && owner.id !== id ? 'taken' : { timestamp: chosen, collection: state.timestamp }
}
