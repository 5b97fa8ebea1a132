import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { WritePauses } from '../../src/storage/postgresql/write-pauses.ts'

/** Leaves the event loop no time, for so many ms. */
function work(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

/** A group of writes, and how long it is to wait afterwards. */
async function pauseAfter(size: number, others: number, during: () => unknown): Promise<number> {
  await turn()
  let statements = 0
  const end = new WritePauses(() => statements).begin(size)
  statements += 1 + others
  await during()
  return end()
}

describe('Groups of writes', () => {
  it('wait for eight times as long as they took where others find a busy process', async () => {
    const pause = await pauseAfter(64, 10, () => work(5))
    assert.ok(pause >= 40 && pause <= 50, String(pause))
  })

  it('never wait long', async () => {
    assert.equal(await pauseAfter(64, 10, () => work(60)), 50)
  })

  it('do not wait where there is time, nobody else, or where they are small', async () => {
    assert.equal(await pauseAfter(64, 10, () => sleep(50)), 0)
    assert.equal(await pauseAfter(64, 0, () => work(15)), 0)
    assert.equal(await pauseAfter(3, 10, () => work(15)), 0)
  })
})
