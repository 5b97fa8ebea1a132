import assert from 'node:assert/strict'
import type { CacheTest, CacheTrial } from './trial.ts'

const long = 60_000
const odd = ["it's", '50%', 'a_b', 'aXb', 'a*b', 'a?b', '[a]b', '"q"', 'back\\slash', 'é', '😀', 'a b', '__proto__', 'A', 'a', '']

async function keysMatchExactly({ cache }: CacheTrial): Promise<void> {
  for (const key of odd) await cache.set(key, { key }, long)
  for (const key of odd) assert.deepEqual(await cache.get(key), { key })
  for (const [i, key] of odd.entries()) {
    assert.deepEqual(await cache.remove(key), { key })
    for (const other of odd.slice(i + 1)) assert.deepEqual(await cache.get(other), { key: other })
  }
}

async function prefixesNeverMeet({ open }: CacheTrial): Promise<void> {
  const prefixes = ['a', 'ab', 'a_', 'a%', 'a*', 'A']
  const caches = await Promise.all(prefixes.map(open))
  await Promise.all(caches.map((cache, i) => cache.set('same', i, long)))
  await Promise.all(caches.map((cache, i) => cache.set('b', i, long)))
  for (const [i, cache] of caches.entries()) assert.deepEqual([await cache.get('same'), await cache.get('b')], [i, i])
  assert.equal(await caches[0]?.remove('same'), 0)
  for (const [i, cache] of caches.slice(1).entries()) assert.equal(await cache.get('same'), i + 1)
}

async function flushesOwn({ open }: CacheTrial): Promise<void> {
  const prefixes = ['app_', 'appX', 'app*:', 'app%', 'ap', 'other:']
  const caches = await Promise.all(prefixes.map(open))
  for (const [i, cache] of caches.entries()) await cache.set('k', i, long)
  for (const [i, cache] of caches.entries()) {
    await cache.flush()
    const left = await Promise.all(caches.map((other) => other.get('k')))
    assert.deepEqual(
      left,
      caches.map((_, j) => (j > i ? j : undefined)),
      `flushing ${prefixes[i]} takes nothing else`,
    )
  }
}

async function checks({ cache }: CacheTrial): Promise<void> {
  await cache.set('a', 1, long)
  assert.equal(await cache.check({ readonly: false }), true)
  assert.equal(await cache.check({ readonly: true }), true)
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map(() => cache.check({ readonly: false }))), [true, true, true, true])
  assert.equal(await cache.get('a'), 1)
}

/** A backend may sweep while it works, or now and then; it is given some of both. */
async function sweeps({ cache, pass, entries }: CacheTrial): Promise<void> {
  for (let i = 0; i < 300; i += 1) await cache.set(`k${i}`, 'x'.repeat(50), 50)
  for (let round = 0; round < 40 && (await entries()) > 60; round += 1) {
    await pass(100)
    await cache.set(`later${round}`, 1, 50)
  }
  const left = await entries()
  assert.ok(left <= 60, `${left} of 340 expired entries are left`)
}

async function closes({ cache }: CacheTrial): Promise<void> {
  await cache.set('a', 1, long)
  await cache.close()
  await cache.close()
}

/** C6 to C10. */
export const keepingTests: readonly CacheTest[] = [
  { title: 'C6: keys match by equality', run: keysMatchExactly },
  { title: 'C6: caches with different prefixes never meet', run: prefixesNeverMeet },
  { title: 'C7: flushing removes everything under its prefix and nothing else', run: flushesOwn },
  { title: 'C8 R2.5: a check works and nobody sees it', run: checks },
  { title: "C9: expired entries don't pile up", run: sweeps, needs: 'entries' },
  { title: 'C10: closing again does nothing', run: closes },
]
