import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

interface Done {
  readonly counted: number
  readonly created: number
  readonly timestamps: readonly number[]
}

const program = fileURLToPath(new URL('./sqlite-process.ts', import.meta.url))
const temporaryFile = createTemporaryFiles()
const run = promisify(execFile)

async function start(url: string, name: string): Promise<Done> {
  const { stdout } = await run(process.execPath, [program, url, name, '1500'], { maxBuffer: 64_000_000 })
  return JSON.parse(stdout)
}

test('S2 S10 S35 R6.10 R9.1: three processes that start and write at once lose nothing, and a poller misses nothing', {
  timeout: 60_000,
}, async () => {
  const url = temporaryFile()
  const counters = { parentId: '', resource: 'counter' }
  const running = Promise.all(['a', 'b', 'c'].map((name) => start(url, name)))
  const storage = createSqliteStorage({ url })
  await storage.prepare([{ name: 'counter', uniqueFields: ['owner'] }])
  const seen = new Set<number>()
  let since = 0
  const poll = async () => {
    const filters = [{ field: 'last_modified', operator: 'gt', value: since } as const]
    const page = await storage.list(counters, { filters, sort: [{ field: 'last_modified', direction: 'descending' }], limit: 10_000 })
    for (const { last_modified } of JSON.parse(page.json)) seen.add(last_modified)
    since = page.timestamp
  }
  const polling = setInterval(() => void poll(), 20)
  const done = await running
  clearInterval(polling)
  await poll()
  const sum = (pick: (part: Done) => number) => done.reduce((total, part) => total + pick(part), 0)
  const shared = await storage.get(counters, 'shared')
  assert.equal(
    shared && JSON.parse(shared.body).value,
    sum(({ counted }) => counted),
  )
  const timestamps = done.flatMap((part) => part.timestamps)
  assert.equal(new Set(timestamps).size, timestamps.length)
  assert.deepEqual(
    timestamps.filter((timestamp) => !seen.has(timestamp)),
    [],
  )
  assert.equal((await storage.count(counters, [])).total, sum(({ created }) => created) + 1)
  for (const part of done) assert.ok(part.counted > 0 && part.created > 0, 'each had its share')
  await storage.close()
})
