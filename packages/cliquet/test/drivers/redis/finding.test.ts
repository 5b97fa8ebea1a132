import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { leaseRedisDatabase } from '../../../src/drivers/redis/database.ts'
import { findable, forgotten } from '../../../src/drivers/redis/finding.ts'
import { redisUrl, skipWithout } from '../../servers/server-urls.ts'
import { createTrialPrefixes } from './trial-server.ts'

const skip = skipWithout(redisUrl, 'Redis')
const prefixes = createTrialPrefixes(redisUrl ?? '')

function open(t: TestContext) {
  const { value: database, release } = leaseRedisDatabase({ url: prefixes.fresh() })
  t.after(release)
  const finding = { key: `${database.keysOf('list', 'trial')}all`, member: 'm' }
  const isFound = async () => (await database.call('sismember', [finding.key, finding.member])) === 1
  return { database, finding, isFound }
}

test('what is written can be found before it is there, so that a crash hides nothing', { skip }, async (t) => {
  const { database, finding, isFound } = open(t)
  assert.equal(await findable(database, [finding], isFound), true)
  await assert.rejects(
    findable(database, [finding], () => Promise.reject(new RangeError('crashed'))),
    RangeError,
  )
  assert.equal(await isFound(), true)
})

test('what is written can be found although it was forgotten between the announcement and the write', { skip }, async (t) => {
  const { database, finding, isFound } = open(t)
  await findable(database, [finding], () => forgotten(database, finding, async () => false))
  assert.equal(await isFound(), true)
})

test('what was written while it was forgotten can be found', { skip }, async (t) => {
  const { database, finding, isFound } = open(t)
  await findable(database, [finding], async () => {})
  await forgotten(database, finding, async () => true)
  assert.equal(await isFound(), true)
  await forgotten(database, finding, async () => false)
  assert.equal(await isFound(), false)
})
