import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { createCleanup, Interruption, temporaryFolder } from './cleanup.ts'

test('everything is undone once, the latest first', async () => {
  const undone: string[] = []
  const cleanup = createCleanup()
  cleanup.add(() => void undone.push('first'))
  const undoSecond = cleanup.add(async () => void undone.push('second'))
  cleanup.add(() => void undone.push('third'))
  await undoSecond()
  await Promise.all([cleanup.run(), cleanup.run()])
  assert.deepEqual(undone, ['second', 'third', 'first'])
})

test('what is made while the command is being ended is undone, and nothing more is begun', async () => {
  const cleanup = createCleanup()
  const { folder } = temporaryFolder(cleanup, 'test')
  cleanup.checkpoint()
  await cleanup.run()
  assert.equal(existsSync(folder), false)
  const undone: string[] = []
  assert.throws(() => cleanup.add(() => void undone.push('late')), Interruption)
  assert.deepEqual(undone, ['late'])
  assert.throws(() => cleanup.checkpoint(), Interruption)
})
