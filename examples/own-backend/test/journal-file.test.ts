import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { BackendError, ConfigurationError, type Storage } from 'cliquet'
import { createJournalStorage, createStorage } from '../journal-storage.ts'

const articles = { parentId: 'alice', resource: 'article' }

function journalPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'test.journal')
}

async function open(t: TestContext, path: string): Promise<Storage> {
  const storage = createJournalStorage({ path, clock: Date.now })
  t.after(() => storage.close())
  await storage.prepare([{ name: 'article', uniqueFields: [] }])
  return storage
}

const put = (storage: Pick<Storage, 'put'>, id: string) => storage.put(articles, { id, body: '{"n":1}', condition: { kind: 'none' } })

const has = async (storage: Storage, id: string): Promise<boolean> => (await storage.get(articles, id)) !== undefined

/** A closed journal with the records a and b, in lines of their own. */
async function written(t: TestContext): Promise<string> {
  const path = journalPath(t)
  const storage = await open(t, path)
  await put(storage, 'a')
  await put(storage, 'b')
  await storage.close()
  return path
}

test('S25: wherever a crash cuts off the last line, the lines before it are there, and writing goes on', async (t) => {
  const path = await written(t)
  const whole = readFileSync(path)
  const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1
  for (const length of [lastLine, lastLine + 1, Math.floor((lastLine + whole.length) / 2), whole.length - 2]) {
    writeFileSync(path, whole)
    truncateSync(path, length)
    const storage = await open(t, path)
    assert.deepEqual([await has(storage, 'a'), await has(storage, 'b')], [true, false], `cut at ${length} of ${whole.length}`)
    await put(storage, 'c')
    await storage.close()
    const again = await open(t, path)
    assert.deepEqual([await has(again, 'a'), await has(again, 'c')], [true, true])
    await again.close()
  }
})

test('A broken line with others behind it is no crash: it is named, and the journal is left alone', async (t) => {
  const path = await written(t)
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, lines.with(1, '[{"kind":"rec').join('\n'))
  const before = readFileSync(path)
  await assert.rejects(open(t, path), (error: Error) => error instanceof ConfigurationError && error.message.startsWith(`${path}:2 `))
  assert.deepEqual(readFileSync(path), before)
})

test('A file that is no journal is not written over', async (t) => {
  const path = journalPath(t)
  for (const text of ['{"my":"notes"}\n', 'notes', '\n[]\n']) {
    writeFileSync(path, text)
    await assert.rejects(open(t, path), new ConfigurationError(`${path} is no journal`))
    assert.equal(readFileSync(path, 'utf8'), text)
  }
})

test('A journal is as long as what it holds when it was opened again, and holds the same', async (t) => {
  const path = journalPath(t)
  const storage = await open(t, path)
  for (let i = 0; i < 200; i += 1) await put(storage, 'a')
  const record = await storage.get(articles, 'a')
  await storage.close()
  const long = statSync(path).size
  const again = await open(t, path)
  assert.ok(statSync(path).size < long / 50)
  assert.deepEqual(await again.get(articles, 'a'), record)
})

test('S25: who has lost the journal to another process acknowledges nothing any more', async (t) => {
  const path = journalPath(t)
  const first = await open(t, path)
  await put(first, 'a')
  const second = await open(t, path)
  await assert.rejects(put(first, 'lost'), BackendError)
  assert.equal(await first.check({ readonly: true }), false)
  await put(second, 'b')
  assert.deepEqual(await Promise.all(['a', 'lost', 'b'].map((id) => has(second, id))), [true, false, true])
})

test('S28 S34: a transaction that is open when the storage is closed is dropped', async (t) => {
  const path = journalPath(t)
  const storage = await open(t, path)
  const transaction = await storage.begin()
  await put(storage.within(transaction), 'a')
  const late = storage.begin()
  await storage.close()
  await assert.rejects(transaction.commit(), BackendError)
  await assert.rejects((await late).commit(), BackendError)
  await assert.rejects(put(storage, 'b'), BackendError)
  const again = await open(t, path)
  assert.deepEqual([await has(again, 'a'), await has(again, 'b')], [false, false])
})

test('S25: everything that was acknowledged before SIGKILL is there, and of each transaction all or nothing', {
  timeout: 120_000,
}, async (t) => {
  const path = journalPath(t)
  const acknowledged = new Set<string>()
  for (const round of [1, 2, 3]) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'writing-process.ts'), path, `${round}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    const exit = once(child, 'exit')
    const enough = acknowledged.size + 100 * round
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.add(line)
      if (acknowledged.size >= enough) child.kill('SIGKILL')
    }
    assert.deepEqual(await exit, [null, 'SIGKILL'])
    const storage = await open(t, path)
    for (const line of acknowledged) {
      const [parentId = '', id = ''] = line.split('/')
      assert.ok(await storage.get({ parentId, resource: 'article' }, id), `${line} is lost`)
    }
    for await (const item of storage.dump()) {
      if (item.kind !== 'record' || !item.id.startsWith('first')) continue
      assert.ok(await storage.get(item, item.id.replace('first', 'second')), `${item.id} is alone`)
    }
    await storage.close()
  }
})

test('S30: a full disk is a BackendError, leaves nothing of the write behind, and what fits is written', async (t) => {
  if (process.platform === 'win32') return t.skip('there is no ulimit')
  const path = journalPath(t)
  const command = [process.execPath, join(import.meta.dirname, 'filling-process.ts'), path]
  const output = execFileSync('sh', ['-c', 'ulimit -f 64; exec "$@"', 'sh', ...command], { encoding: 'utf8' })
  const { written: ids, refused, isSeen, total } = JSON.parse(output)
  assert.ok(ids.length > 2 && ids.at(-1) === 'small', output)
  assert.deepEqual([isSeen, total], [false, ids.length])
  const storage = await open(t, path)
  assert.deepEqual(
    await Promise.all(ids.map((id: string) => has(storage, id))),
    ids.map(() => true),
  )
  assert.equal(await has(storage, refused), false)
})

test('Only a URL that says journal: is one', () => {
  const connections = { lease: () => assert.fail('nothing is shared') }
  for (const url of ['data/bookmarks.sqlite', 'journal:', 'sqlite:x']) {
    assert.throws(() => createStorage({ url, clock: Date.now, connections }), ConfigurationError)
  }
})

test('A transaction that is rolled back leaves the journal as it was', async (t) => {
  const path = journalPath(t)
  const storage = await open(t, path)
  await put(storage, 'a')
  const before = readFileSync(path)
  const transaction = await storage.begin()
  await put(storage.within(transaction), 'b')
  await transaction.rollback()
  assert.deepEqual(readFileSync(path), before)
})

test('S30: what a failed write has left behind the last line is cut off before the next is written', async (t) => {
  const path = journalPath(t)
  const storage = await open(t, path)
  await put(storage, 'a')
  const ghost = JSON.stringify([{ kind: 'record', ...articles, id: 'ghost', timestamp: 1, body: '{}' }])
  appendFileSync(path, `${' '.repeat(1000)}${ghost}\n${ghost}\n`)
  await put(storage, 'b')
  await storage.close()
  const again = await open(t, path)
  assert.deepEqual(await Promise.all(['a', 'ghost', 'b'].map((id) => has(again, id))), [true, false, true])
})
