import assert from 'node:assert/strict'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JsonObject } from '../../primitives/json.ts'
import { articles, bookmarks, put, removed, tally, upTo, written } from './steps.ts'
import type { StorageTest, StorageTrial } from './trial.ts'
import { declarations, storageTest } from './trial.ts'

async function duplicates({ storage }: StorageTrial): Promise<void> {
  const existing = await written(storage, bookmarks, 'a', { url: 'u', 'short-name': 's' })
  assert.deepEqual(await put(storage, bookmarks, 'b', { url: 'u' }), { outcome: 'duplicate', field: 'url', existing })
  assert.deepEqual(await put(storage, bookmarks, 'b', { 'short-name': 's' }), { outcome: 'duplicate', field: 'short-name', existing })
  const other = await written(storage, bookmarks, 'b', { url: 'v' })
  assert.deepEqual(await put(storage, bookmarks, 'b', { url: 'u' }), { outcome: 'duplicate', field: 'url', existing }, 'of a replacement')
  assert.deepEqual(await storage.get(bookmarks, 'b'), other)
  assert.equal((await put(storage, bookmarks, 'a', { url: 'u', x: 1 })).outcome, 'replaced', 'a record is no duplicate of itself')
  assert.equal((await put(storage, bookmarks, 'c', { 'short-name': 's' })).outcome, 'created', 'a value given up is free')
}

async function differentValues({ storage }: StorageTrial): Promise<void> {
  const long = '漢'.repeat(2048)
  const values = [
    1,
    '1',
    true,
    'true',
    1.5,
    0,
    false,
    '',
    [],
    [1],
    ['1'],
    {},
    { a: 1 },
    { a: '1' },
    'A',
    'a',
    'a ',
    'é',
    'e\u0301',
    long,
    `${long}x`,
  ]
  for (const [i, url] of values.entries()) {
    assert.equal((await put(storage, bookmarks, `r${i}`, { url })).outcome, 'created', `${JSON.stringify(url).slice(0, 20)} is new`)
  }
  for (const [i, url] of values.entries()) {
    const outcome = await put(storage, bookmarks, 'again', { url })
    assert.ok(outcome.outcome === 'duplicate', `${JSON.stringify(url).slice(0, 20)} is known`)
    assert.equal(outcome.existing.id, `r${i}`)
  }
  await written(storage, bookmarks, 'object', { url: { x: 1, y: [{ b: 1, a: 2 }] } })
  assert.equal(
    (await put(storage, bookmarks, 'again', { url: { y: [{ a: 2, b: 1 }], x: 1 } })).outcome,
    'duplicate',
    'the order of keys is nothing',
  )
}

async function freeValues({ storage }: StorageTrial): Promise<void> {
  const bodies: readonly JsonObject[] = [{ url: null }, { url: null }, {}, {}, { 'short-name': null }]
  for (const [i, body] of bodies.entries()) await written(storage, bookmarks, `r${i}`, body)
  await written(storage, bookmarks, 'a', { url: 'u' })
  await written(storage, { ...bookmarks, parentId: 'bob' }, 'a', { url: 'u' })
  await written(storage, articles, 'a', { url: 'u' })
  await written(storage, articles, 'b', { url: 'u' })
  await removed(storage, bookmarks, 'a')
  await written(storage, bookmarks, 'b', { url: 'u' })
  assert.equal((await put(storage, bookmarks, 'a', { url: 'u' })).outcome, 'duplicate', 'the value has a new owner')
}

async function oneOwner({ storage }: StorageTrial): Promise<void> {
  for (const round of upTo(5)) {
    const outcomes = await Promise.all(upTo(20).map((i) => put(storage, bookmarks, `r${round}-${i}`, { url: `u${round}` })))
    assert.deepEqual(tally(outcomes), { created: 1, duplicate: 19 })
    const winner = outcomes.find((outcome) => outcome.outcome === 'created')
    for (const outcome of outcomes) {
      if (outcome.outcome === 'duplicate' && winner) assert.deepEqual(outcome.existing, winner.record)
    }
  }
  assert.equal((await storage.count(bookmarks, [])).total, 5)
}

async function oneOwnerOfTwoHandles({ storage, openSecond }: StorageTrial): Promise<void> {
  const handles = [storage, await openSecond()]
  const outcomes = await Promise.all(upTo(20).map((i) => put(handles[i % 2] ?? storage, bookmarks, `r${i}`, { url: 'u' })))
  assert.deepEqual(tally(outcomes), { created: 1, duplicate: 19 })
}

async function preparedAgain({ storage }: StorageTrial): Promise<void> {
  await written(storage, bookmarks, 'a', { url: 'u', title: 't' })
  await storage.prepare(declarations)
  assert.equal((await put(storage, bookmarks, 'b', { url: 'u' })).outcome, 'duplicate')
  await storage.prepare([{ name: 'bookmark', uniqueFields: ['title'] }])
  assert.equal((await put(storage, bookmarks, 'b', { title: 't' })).outcome, 'duplicate', 'a new unique field counts, also for old records')
  await written(storage, bookmarks, 'b', { url: 'u' })
  // The next test may have the same data, and could not be prepared with double values.
  await storage.flush()
}

async function alreadyDouble({ storage }: StorageTrial): Promise<void> {
  await written(storage, articles, 'first-of-pair', { isbn: 'x', n: 1 })
  await written(storage, articles, 'alone', { isbn: 'y', n: 2 })
  await written(storage, articles, 'second-of-pair', { isbn: 'x', n: 3 })
  await assert.rejects(storage.prepare([{ name: 'article', uniqueFields: ['isbn'] }]), (error: unknown) => {
    assert.ok(error instanceof ConfigurationError)
    for (const word of ['first-of-pair', 'second-of-pair', 'isbn']) assert.ok(error.message.includes(word), `the message names ${word}`)
    return true
  })
  await storage.prepare([{ name: 'article', uniqueFields: ['n'] }])
  assert.equal((await put(storage, articles, 'new', { n: 3 })).outcome, 'duplicate')
}

/** S11 and S26. */
export const uniqueFieldTests: readonly StorageTest[] = [
  storageTest('S11 R5.44: a second owner of a value is told the field and the first', duplicates),
  storageTest('S11 R5.44: values are compared deeply and never across types', differentValues),
  storageTest('S11 R5.44: null, absent fields, tombstones and other collections leave a value free', freeValues),
  storageTest('S11 R5.44: of many that put the same value at once exactly one owns it', oneOwner),
  storageTest('S11 R5.44: of two handles that put the same value at once exactly one owns it', oneOwnerOfTwoHandles, 'openSecond'),
  storageTest('S26: preparing again changes nothing, or the unique fields', preparedAgain),
  storageTest('S26: preparing fails when stored values are already double, and names a pair', alreadyDouble),
]
