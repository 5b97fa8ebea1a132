import assert from 'node:assert/strict'
import { BackendError } from '../../errors/backend-error.ts'
import type { Json } from '../../primitives/json.ts'
import type { CacheTest, CacheTrial } from './trial.ts'

/** Longer and shorter than what the tests let pass, ms. */
const long = 60_000
const short = 80

const many = Array.from({ length: 20 }, (_, i) => i)
const values: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1.5,
  1e21,
  '',
  'it\'s "é" 😀 \\ \n',
  [],
  [1, [null]],
  {},
  { a: { b: [1] }, '': 1, é: 2 },
]

async function gotBack({ cache }: CacheTrial): Promise<void> {
  for (const [i, value] of values.entries()) await cache.set(`k${i}`, value, long)
  for (const [i, value] of values.entries()) assert.deepEqual(await cache.get(`k${i}`), value)
  assert.equal(await cache.get('unknown'), undefined)
}

async function expires({ cache, pass }: CacheTrial): Promise<void> {
  await cache.set('short', 1, short)
  await cache.set('long', 2, long)
  assert.equal(await cache.get('short'), 1)
  await pass(short + 40)
  assert.equal(await cache.get('short'), undefined)
  assert.equal(await cache.get('long'), 2)
}

async function setsAgain({ cache, pass }: CacheTrial): Promise<void> {
  await cache.set('a', 1, short)
  await cache.set('a', [2], long)
  await cache.set('b', 1, long)
  await cache.set('b', 2, short)
  await pass(short + 40)
  assert.deepEqual(await cache.get('a'), [2])
  assert.equal(await cache.get('b'), undefined)
}

async function removesOnce({ cache, pass }: CacheTrial): Promise<void> {
  await cache.set('a', { x: 1 }, long)
  assert.deepEqual(await cache.remove('a'), { x: 1 })
  assert.equal(await cache.remove('a'), undefined)
  assert.equal(await cache.get('a'), undefined)
  for (const round of [1, 2, 3]) {
    await cache.set('token', round, long)
    const got = await Promise.all(many.map(() => cache.remove('token')))
    assert.deepEqual(
      got.filter((value) => value !== undefined),
      [round],
      'exactly one gets it',
    )
  }
  await cache.set('nil', null, long)
  assert.equal(await cache.remove('nil'), null, 'null is a value')
  await cache.set('late', 1, short)
  await pass(short + 40)
  assert.equal(await cache.remove('late'), undefined, 'what is expired is not removed')
}

async function timeLeft({ cache, pass }: CacheTrial): Promise<void> {
  await cache.set('a', 1, long)
  const before = (await cache.ttl('a')) ?? 0
  assert.ok(before > long - 5000 && before <= long, `${before} is what is left of ${long}`)
  await pass(short)
  const after = (await cache.ttl('a')) ?? 0
  assert.ok(after <= before - short / 2 && after > 0, `${after} is less than ${before}`)
  assert.equal(await cache.ttl('unknown'), undefined)
  await cache.set('b', 1, short)
  await pass(short + 40)
  assert.equal(await cache.ttl('b'), undefined)
}

async function newTime({ cache, pass }: CacheTrial): Promise<void> {
  await cache.set('a', 1, short)
  assert.equal(await cache.expire('a', long), true)
  await cache.set('b', 1, long)
  assert.equal(await cache.expire('b', short), true)
  assert.equal(await cache.expire('unknown', long), false)
  await pass(short + 40)
  assert.equal(await cache.get('a'), 1)
  assert.equal(await cache.get('b'), undefined)
  assert.equal(await cache.expire('b', long), false, 'nothing is revived')
  assert.equal(await cache.get('b'), undefined)
}

async function addsOnce({ cache, pass }: CacheTrial): Promise<void> {
  const added = await Promise.all(many.map((i) => cache.add('a', i, long)))
  assert.equal(added.filter((done) => done).length, 1)
  assert.equal(await cache.get('a'), added.indexOf(true), 'the value of the one that did')
  await cache.set('b', 1, short)
  assert.equal(await cache.add('b', 2, long), false)
  await pass(short + 40)
  assert.equal(await cache.add('b', 3, long), true, 'an expired key is free')
  assert.equal(await cache.get('b'), 3)
  assert.ok(((await cache.ttl('b')) ?? 0) > short, 'with its own time')
}

async function adds({ cache, pass }: CacheTrial): Promise<void> {
  const first = await cache.increment('a', 1, long)
  assert.equal(first.sum, 1)
  assert.ok(first.ttl > long - 5000 && first.ttl <= long, `${first.ttl} is what is left of ${long}`)
  assert.equal((await cache.increment('a', 41, long)).sum, 42)
  assert.equal(await cache.get('a'), 42, 'it is a value like others')
  assert.equal((await cache.increment('a', -2, long)).sum, 40)
  await cache.set('b', 7, long)
  assert.equal((await cache.increment('b', 1, long)).sum, 8)
  await cache.increment('c', 5, short)
  const again = await cache.increment('c', 1, long)
  assert.ok(again.sum === 6 && again.ttl > 0 && again.ttl <= short, 'the time is that of the first')
  await pass(short + 40)
  assert.equal(await cache.get('c'), undefined)
  assert.equal((await cache.increment('c', 1, long)).sum, 1, 'what is expired counts for nothing')
}

async function addsAtOnce({ cache }: CacheTrial): Promise<void> {
  const counted = await Promise.all(many.map(() => cache.increment('a', 1, long)))
  const sums = counted.map(({ sum }) => sum).sort((a, b) => a - b)
  assert.deepEqual(
    sums,
    many.map((i) => i + 1),
    'each is counted once',
  )
}

async function addsToNumbersOnly({ cache }: CacheTrial): Promise<void> {
  for (const value of ['5', 1.5, null, [1], { a: 1 }, true]) {
    await cache.set('a', value, long)
    await assert.rejects(cache.increment('a', 1, long), BackendError)
    assert.deepEqual(await cache.get('a'), value)
  }
}

function scribble(value: unknown): void {
  if (typeof value === 'object' && value !== null) Reflect.set(value, 'changed', true)
}

async function nobodys({ cache }: CacheTrial): Promise<void> {
  const given = { list: [1] }
  await cache.set('a', given, long)
  await cache.add('b', given, long)
  given.list.push(2)
  scribble(given)
  for (const key of ['a', 'b']) {
    scribble(await cache.get(key))
    assert.deepEqual(await cache.get(key), { list: [1] })
  }
}

/** C1 to C5, C11 to C13. */
export const valueTests: readonly CacheTest[] = [
  { title: 'C1: every JSON value is got back', run: gotBack },
  { title: 'C1: a value is there until its time is over', run: expires },
  { title: 'C2: setting again replaces value and time', run: setsAgain },
  { title: 'C3 R8.10: of many removals of one key exactly one gets the value', run: removesOnce },
  { title: 'C4: ttl is what is left', run: timeLeft },
  { title: 'C5: expire gives a new time and revives nothing', run: newTime },
  { title: 'C11: changing what was given or got back changes nothing kept', run: nobodys },
  { title: 'C12: of many additions of one key exactly one sets it', run: addsOnce },
  { title: 'C13: increment adds to a number, whose time goes on', run: adds },
  { title: 'C13: of many increments of one key none is lost', run: addsAtOnce },
  { title: 'C13: what is no whole number is left alone', run: addsToNumbersOnly },
]
