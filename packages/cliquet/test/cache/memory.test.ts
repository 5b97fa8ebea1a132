import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMemoryCache } from '../../src/cache/memory/index.ts'
import { cacheConformance } from '../../src/testing/index.ts'

cacheConformance('memory', ({ clock }) => createMemoryCache({ clock }), {
  entries: (cache) => ('size' in cache ? Number(cache.size) : Number.NaN),
})

it('what was not used for longest is dropped first when the memory is full', async () => {
  const cache = createMemoryCache({ maxBytes: 100 })
  for (const key of ['a', 'b', 'c']) await cache.set(key, 'x'.repeat(27), 60_000)
  await cache.get('a')
  await cache.set('d', 'x'.repeat(27), 60_000)
  const left = await Promise.all(['a', 'b', 'c', 'd'].map((key) => cache.get(key)))
  assert.deepEqual(
    left.map((value) => value !== undefined),
    [true, false, true, true],
  )
})

it('a value that alone is too large is not kept', async () => {
  const cache = createMemoryCache({ maxBytes: 100 })
  await cache.set('a', 'x'.repeat(200), 60_000)
  assert.equal(await cache.get('a'), undefined)
  assert.equal(cache.size, 0)
})
