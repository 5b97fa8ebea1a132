import type { Collection, Purge } from '../contract.ts'
import { type Change, toDump } from './changes.ts'
import type { CollectionState, KeptState } from './collection-state.ts'
import { createCollectionState } from './collection-state.ts'
import type { Collections } from './collections.ts'
import type { Item } from './item.ts'
import { purgeFrom } from './purging.ts'
import type { Timeline } from './timeline.ts'

/**
 * What a transaction, or a group of writes, makes of collections. It sees what is kept and, over it, its own changes, which nobody else sees (S31,
 * S32). They are kept when `Collections.apply` is given them. While a draft is in use nothing else may change what is kept.
 */
export interface Draft {
  of(collection: Collection): CollectionState
  /** As `Collections.purge`. */
  purge(purge: Purge): number
  /** What has changed, one item each; empty when nothing has. */
  changes(): readonly Change[]
}

/** Begins a draft without changes. */
export function createDraft(kept: Collections): Draft {
  const drafts = new Map<KeptState, { readonly collection: Collection; readonly state: DraftState }>()

  function of({ parentId, resource }: Collection): CollectionState {
    const below = kept.of({ parentId, resource })
    const known = drafts.get(below)
    if (known !== undefined) return known.state
    const state = createDraftState(below)
    drafts.set(below, { collection: { parentId, resource }, state })
    return state
  }

  function forgetTimestamp(collection: Collection): void {
    of(collection).timestamp = undefined
  }

  return {
    of,
    purge(purge) {
      const all = kept.all().map(([collection]) => [collection, of(collection)] as const)
      return purgeFrom(all, purge, forgetTimestamp)
    },
    changes: () => [...drafts.values()].flatMap(({ collection, state }) => [...state.changes(collection)]),
  }
}

interface DraftState extends CollectionState {
  changes(collection: Collection): Iterable<Change>
}

/** The state of a collection in which all items of the ids that have changed lie over those below. */
function createDraftState(below: KeptState): DraftState {
  const own = createCollectionState(below.unique.fields)
  const changed = new Set<string>()

  function* changes(collection: Collection): Generator<Change> {
    for (const id of changed) {
      const item = own.byId.get(id)
      yield item ? toDump(collection, item) : { kind: 'forgotten', ...collection, id }
    }
    const { timestamp } = state
    if (timestamp === below.timestamp) return
    yield timestamp === undefined ? { kind: 'forgotten', ...collection } : { kind: 'collection', ...collection, timestamp }
  }

  function ownerBelow(field: string, text: string): string | undefined {
    const id = below.unique.owner(field, text)
    return id === undefined || changed.has(id) ? undefined : id
  }

  const state: DraftState = {
    timestamp: below.timestamp,
    byId: { get: (id) => (changed.has(id) ? own : below).byId.get(id) },
    live: layered(own.live, below.live, below, changed),
    all: layered(own.all, below.all, below, changed),
    unique: { fields: own.unique.fields, owner: (field, text) => own.unique.owner(field, text) ?? ownerBelow(field, text) },
    place(item) {
      changed.add(item.id)
      own.place(item)
    },
    forget(id) {
      changed.add(id)
      own.forget(id)
    },
    changes,
  }
  return state
}

/** The items of `own`, and those below whose ids have not changed. */
function layered(own: Timeline, below: Timeline, { byId }: KeptState, changed: ReadonlySet<string>): CollectionState['all'] {
  const isSeen = (item: Item): boolean => !changed.has(item.id)
  const isBelow = (item: Item | undefined): boolean => item !== undefined && below.at(item.timestamp) === item
  return {
    get size() {
      return own.size + below.size - [...changed].filter((id) => isBelow(byId.get(id))).length
    },
    at(timestamp) {
      const item = below.at(timestamp)
      return own.at(timestamp) ?? (item && isSeen(item) ? item : undefined)
    },
    upwards: (least) => merged(own.upwards(least), below.upwards(least), isSeen, (one, other) => one.timestamp < other.timestamp),
    downwards: (most) => merged(own.downwards(most), below.downwards(most), isSeen, (one, other) => one.timestamp > other.timestamp),
  }
}

/** Both, in one order. */
function* merged(
  own: Iterable<Item>,
  below: Iterable<Item>,
  isSeen: (item: Item) => boolean,
  isBefore: (one: Item, other: Item) => boolean,
): Generator<Item> {
  const ours = own[Symbol.iterator]()
  let next = ours.next()
  for (const item of below) {
    if (!isSeen(item)) continue
    for (; next.done !== true && isBefore(next.value, item); next = ours.next()) yield next.value
    yield item
  }
  for (; next.done !== true; next = ours.next()) yield next.value
}
