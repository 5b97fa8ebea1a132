import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom, type Random } from '../../src/storage/conformance/random.ts'
import { query, tombstonesToo, upTo } from '../../src/storage/conformance/steps.ts'
import type { Collection } from '../../src/storage/contract.ts'
import {
  type CollectionState,
  type Collections,
  countMatching,
  createCollections,
  createDraft,
  itemText,
  loadInto,
  putInto,
  removeAllFrom,
  removeFrom,
  select,
} from '../../src/storage/evaluation/index.ts'

const collections: readonly Collection[] = [
  { parentId: 'alice', resource: 'bookmark' },
  { parentId: 'bob', resource: 'bookmark' },
]

const prepared = (): Collections => {
  const kept = createCollections()
  kept.declare([{ name: 'bookmark', uniqueFields: ['url'] }])
  return kept
}

/** What writes are done to: a draft, or what is kept. */
interface Written extends Pick<Collections, 'purge'> {
  of(collection: Collection): CollectionState
}

type Write = (to: Written) => unknown

/** Few ids, values and timestamps, so that they meet. */
function randomWrite(random: Random, now: number): Write {
  const collection = random.pick(collections)
  const id = `r${random.below(8)}`
  const body = random.chance(0.6) ? `{"url":"u${random.below(6)}"}` : '{}'
  const timestamp = random.chance(0.4) ? 900 + random.below(200) : undefined
  const condition = random.chance(0.2) ? ({ kind: 'absent' } as const) : ({ kind: 'none' } as const)
  const keep = random.chance(0.5) ? 1 : undefined
  const kind = random.below(20)
  if (kind < 11) return ({ of }) => putInto(of(collection), now, { id, body, condition, timestamp })
  if (kind < 16) return ({ of }) => removeFrom(of(collection), now, { id, condition: { kind: 'none' }, timestamp })
  if (kind === 16) return ({ of }) => removeAllFrom(of(collection), now, query({ limit: 3 }), undefined)
  if (kind === 17) return (to) => to.purge({ parentId: collection.parentId, keep })
  const items = random.list(
    1,
    3,
    () => ({ kind: 'record', ...collection, id: `r${random.below(8)}`, timestamp: 900 + random.below(200), body }) as const,
  )
  return ({ of }) => loadInto(of, items)
}

/** All that can be seen of a collection. */
const seen = (state: CollectionState): unknown => ({
  timestamp: state.timestamp,
  up: [...state.all.upwards(Number.NEGATIVE_INFINITY)].map(itemText),
  down: [...state.live.downwards(Number.POSITIVE_INFINITY)].map(itemText),
  listed: select(state, query({ filters: tombstonesToo, limit: 5 }), 'tombstones-by-filter'),
  count: countMatching(state, [], undefined),
  sizes: [state.live.size, state.all.size],
  ids: upTo(8).map((i) => state.byId.get(`r${i}`)?.timestamp),
  stamps: upTo(200).map((i) => state.all.at(900 + i)?.id),
  owners: upTo(6).map((i) => state.unique.owner('url', `"u${i}"`)),
})

const text = (value: unknown): string => JSON.stringify(value, (_, field) => (field === undefined ? 'none' : field))

test('S31 S32 S33: a draft is as if its writes were done, nobody else sees it, and what it has changed makes it so', () => {
  const seed = Date.now() % 1_000_000
  const random = createRandom(seed)
  for (const round of upTo(60)) {
    const kept = prepared()
    const plain = prepared()
    for (const transaction of upTo(6)) {
      const before = text(collections.map((collection) => seen(kept.of(collection))))
      const draft = createDraft(kept)
      const where = `seed ${seed}, round ${round}, transaction ${transaction}`
      const undone = random.chance(0.3)
      for (const _ of upTo(12)) {
        const write = randomWrite(random, 1000 + random.below(20))
        const outcome = text(write(draft))
        if (!undone) assert.equal(outcome, text(write(plain)), where)
        if (!undone)
          for (const collection of collections) assert.equal(text(seen(draft.of(collection))), text(seen(plain.of(collection))), where)
      }
      assert.equal(text(collections.map((collection) => seen(kept.of(collection)))), before, `${where}: nobody else sees it`)
      if (!undone) kept.apply(JSON.parse(JSON.stringify(draft.changes())))
      for (const collection of collections)
        assert.equal(text(seen(kept.of(collection))), text(seen(plain.of(collection))), `${where}: applied`)
    }
    assert.equal(text(byPlace(kept)), text(byPlace(plain)))
  }
})

/** A dump, whatever the order of its collections. */
const byPlace = (kept: Collections): readonly string[] => [...kept.dump()].map((item) => JSON.stringify(item)).sort()
