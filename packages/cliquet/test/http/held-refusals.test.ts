import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeldRefusals } from '../../src/http/held-refusals.ts'

test('A few refusals are sent at once', async () => {
  const refusals = new HeldRefusals()
  await new Promise<void>((resolve) => refusals.hold(resolve))
  assert.equal(refusals.length, 0)
})

test('Of many so many are sent at a time, in their order, and none is kept for longer than two seconds', async () => {
  const refusals = new HeldRefusals()
  const sent: number[] = []
  const count = 100_000
  for (let i = 0; i < count; i += 1) refusals.hold(() => sent.push(i))
  await sleep(300)
  assert.ok(sent.length >= 50 && sent.length <= 1600, String(sent.length))
  assert.equal(refusals.length, count - sent.length)
  for (const end = performance.now() + 10_000; refusals.length > 0 && performance.now() < end; ) await sleep(50)
  assert.deepEqual(
    sent,
    Array.from({ length: count }, (_, i) => i),
  )
})
