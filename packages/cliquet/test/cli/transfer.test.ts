import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createConnections } from '../../src/drivers/connections.ts'
import type { PermissionItem } from '../../src/permission/dump.ts'
import { createPermission } from '../../src/permission/sqlite/index.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { storedText } from '../../src/primitives/json.ts'
import type { StorageItem } from '../../src/storage/dump.ts'
import { createStorage } from '../../src/storage/sqlite/index.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { cliquetUrl, folderWith, runCommand, startCommand } from './command-process.ts'

const cwd = folderWith({ 'package.json': '{"name": "games"}' })

/** The environment of a service on a SQLite file. */
const sqlite = (name: string) => ({ CLIQUET_STORAGE_URL: join(cwd, name) })

const run = (args: readonly string[], env: Readonly<Record<string, string>>, input?: string | Buffer) =>
  runCommand(args, { cwd, env, ...(input === undefined ? {} : { input }) })

/** Records, tombstones and empty collections of many users, with what is hard to carry. */
function makeItems(): readonly StorageItem[] {
  const items: StorageItem[] = []
  for (let i = 0; i < 3000; i += 1) {
    const place = { parentId: `user${i % 700}`, resource: i % 3 === 0 ? 'game' : 'score' }
    const fields = { n: i, title: `a\u2028b\n"${i}" é😀`, '': { z: [1.5, null, -0.1e-7], a: { 'k"': true } }, 10: 'ten', __proto__x: 0 }
    if (i % 10 === 9) items.push({ kind: 'tombstone', ...place, id: `id${i}`, timestamp: 1_000_000 + i })
    else
      items.push({ kind: 'record', ...place, id: i === 0 ? `o'd "%_*\\😀` : `id${i}`, timestamp: 1_000_000 + i, body: storedText(fields) })
  }
  items.push({ kind: 'collection', parentId: '', resource: 'game', timestamp: 5 })
  items.push({ kind: 'collection', parentId: 'user1', resource: 'game', timestamp: 9_999_999 })
  items.push({
    kind: 'record',
    parentId: 'large',
    resource: 'game',
    id: 'l',
    timestamp: 1,
    body: storedText({ text: 'x'.repeat(900_000) }),
  })
  return items
}

function makePermissions(): readonly PermissionItem[] {
  return Array.from(
    { length: 2000 },
    (_, i): PermissionItem =>
      i % 5 === 0
        ? { kind: 'principal', userId: `user${i}`, principal: '/groups/é' }
        : { kind: 'permission', parentId: `user${i % 7}`, uri: `/games/id${i}`, permission: 'game:play', principal: `user${i % 11}` },
  )
}

async function fill(name: string): Promise<void> {
  const options = { url: join(cwd, name), clock: systemClock, connections: createConnections() }
  const [storage, permission] = [createStorage(options), createPermission(options)]
  await storage.prepare([{ name: 'game', uniqueFields: ['code'] }])
  await permission.prepare()
  await storage.load(makeItems())
  await permission.load(makePermissions())
  await Promise.all([storage.close(), permission.close()])
}

await fill('full.sqlite')
const full = await run(['dump'], sqlite('full.sqlite'))
const lines = full.stdout.split('\n').slice(0, -1)

/** The lines of a dump, in one order: that of text differs between databases. */
const sorted = (dump: string): readonly string[] => dump.split('\n').sort()

/** A dump with these lines between its first and its last. */
const dumpOf = (...between: readonly string[]): string => [lines[0], ...between, '{"kind":"end"}', ''].join('\n')

test('a dump has a line of JSON for each item, in the names of the protocol', () => {
  assert.deepEqual([full.code, full.stderr], [0, ''])
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>) // lines are objects
  assert.deepEqual(parsed[0], { cliquet: 'dump', version: 1, service: 'games' })
  assert.deepEqual(parsed.at(-1), { kind: 'end', items: parsed.length - 2 })
  const count = (kind: string) => parsed.filter((line) => line.kind === kind).length
  assert.deepEqual(['record', 'tombstone', 'permission', 'principal'].map(count), [2701, 300, 1600, 400])
  assert.deepEqual(
    parsed.find((line) => line.kind === 'tombstone' && line.parent_id === 'user9' && JSON.stringify(line.data).includes('"id9"')),
    { kind: 'tombstone', parent_id: 'user9', resource: 'game', data: { id: 'id9', last_modified: 1_000_009, deleted: true } },
  )
  assert.ok(
    parsed.some(({ parent_id, last_modified }) => parent_id === '' && last_modified === 5),
    'the timestamp of an empty collection',
  )
})

test('what is loaded from a dump gives the same dump, by file and by pipe, once and twice', async () => {
  writeFileSync(join(cwd, 'full.jsonl'), full.stdout)
  const loaded = `${lines.length - 2} items were loaded.\n`
  assert.deepEqual(await run(['load', 'full.jsonl'], sqlite('copy.sqlite')), { code: 0, stdout: loaded, stderr: '' })
  assert.equal((await run(['dump'], sqlite('copy.sqlite'))).stdout, full.stdout)
  assert.deepEqual(await run(['load'], sqlite('copy.sqlite'), full.stdout), { code: 0, stdout: loaded, stderr: '' })
  assert.equal((await run(['dump'], sqlite('copy.sqlite'))).stdout, full.stdout)
})

test('a service goes on with what was loaded', async () => {
  await run(['load', 'full.jsonl'], sqlite('served.sqlite'))
  writeFileSync(
    join(cwd, 'server.ts'),
    `import { createService, Type } from '${cliquetUrl}'
    export default createService({ name: 'games', version: '1.0' })
      .resource('game', { shared: true, parentId: () => 'user0', schema: { title: Type.String(), n: Type.Integer() } })`,
  )
  const env = { ...sqlite('served.sqlite'), CLIQUET_PORT: '0', CLIQUET_GAME_READ_PRINCIPALS: 'system.Everyone' }
  const child = startCommand(['start'], { cwd, env })
  try {
    const url = await new Promise<string>((resolve) => {
      child.stdout?.on('data', (text) => resolve(/http:\S+/.exec(String(text))?.[0] ?? 'none'))
    })
    const list = await fetch(`${url}games?_since=0`)
    const { data } = (await list.json()) as { data: readonly { id: string; n?: number }[] } // R5.1
    const expected = makeItems().filter((item) => item.parentId === 'user0' && item.resource === 'game')
    assert.deepEqual(data.map(({ id }) => id).sort(), expected.map((item) => ('id' in item ? item.id : '')).sort())
    assert.equal(list.headers.get('etag'), `"${Math.max(...expected.map(({ timestamp }) => timestamp))}"`)
  } finally {
    child.kill()
  }
})

const faulty: readonly (readonly [title: string, line: string, expected: string])[] = [
  ['that is no JSON', '{"kind":"record"', 'Invalid JSON: '],
  ['that is no object', '[]', 'this is no JSON object'],
  ['of an unknown kind', '{"kind":"file"}', '"kind" must be collection, record'],
  ['without a parent', '{"kind":"collection","resource":"game","last_modified":1}', '"parent_id" must be a text'],
  ['without a timestamp', '{"kind":"collection","parent_id":"a","resource":"game"}', '"last_modified" must be a whole number of ms'],
  [
    'with half a timestamp',
    '{"kind":"record","parent_id":"a","resource":"game","data":{"id":"x","last_modified":1.5}}',
    '"last_modified" must',
  ],
  ['without data', '{"kind":"record","parent_id":"a","resource":"game"}', '"data" must be an object'],
  [
    'with a NUL',
    '{"kind":"record","parent_id":"a","resource":"game","data":{"id":"x","last_modified":1,"t":"\\u0000"}}',
    'data.t: Invalid character',
  ],
  ['with half a character', '{"kind":"principal","user_id":"\\ud800","principal":"p"}', '"user_id" must be a text'],
  [
    'that is a record and deleted',
    '{"kind":"record","parent_id":"a","resource":"game","data":{"id":"x","last_modified":1,"deleted":true}}',
    '"deleted" is no field',
  ],
  [
    'that is a tombstone and lives',
    '{"kind":"tombstone","parent_id":"a","resource":"game","data":{"id":"x","last_modified":1}}',
    '"deleted" of a tombstone must be true',
  ],
]

for (const [index, [title, line, expected]] of faulty.entries()) {
  test(`a line ${title} is named, and what stands before it is loaded`, async () => {
    const env = sqlite(`faulty${index}.sqlite`)
    const { code, stdout, stderr } = await run(['load'], env, dumpOf(...lines.slice(1, 1501), line, ...lines.slice(1501, 1600)))
    assert.deepEqual([code, stdout], [1, ''])
    assert.ok(stderr.startsWith(`cliquet load: line 1502: ${expected}`), stderr)
    assert.match(stderr, /; 1500 items are loaded\n$/)
    assert.equal((await run(['dump'], env)).stdout.split('\n').length, 1503)
  })
}

const broken: readonly (readonly [title: string, dump: string | Buffer, expected: RegExp])[] = [
  ['nothing', '', /^cliquet load: this is not a dump of cliquet: there is nothing; 0 items are loaded\n$/],
  ['something else', '{"hello":"world"}\n', /^cliquet load: line 1: this is not a dump of cliquet; 0 items/],
  [
    'a dump of a later program',
    '{"cliquet":"dump","version":2}\n',
    /^cliquet load: line 1: this dump has the format 2, this program knows 1;/,
  ],
  ['a dump that was cut off', `${lines.slice(0, 5).join('\n')}\n`, /the dump is cut off: its last line is missing; 4 items are loaded/],
  ['a dump that was cut within a line', full.stdout.slice(0, 3000), /line \d+: Invalid JSON: .*; \d+ items are loaded/],
  [
    'a dump that has lost a line',
    [...lines.slice(0, 3), ...lines.slice(4)].join('\n'),
    /the dump had \d+ items, but here were \d+; \d+ items are loaded/,
  ],
  ['a dump that goes on behind its end', `${dumpOf()}${lines[1]}\n`, /line 3: this stands behind the end of the dump; 0 items/],
  ['no UTF-8', Buffer.concat([Buffer.from(`${lines[0]}\n${lines[1]}\n`), Buffer.from([0xff, 0x0a])]), /line 3 is not UTF-8/],
]

for (const [title, dump, expected] of broken) {
  test(`${title} is refused`, async () => {
    const { code, stderr } = await run(['load'], sqlite('broken.sqlite'), dump)
    assert.equal(code, 1)
    assert.match(stderr, expected)
    assert.equal(stderr.split('\n').length, 2, 'one line')
  })
}

test('empty lines and a missing last newline do not matter', async () => {
  const { code, stdout } = await run(['load'], sqlite('lenient.sqlite'), `\ufeff${lines[0]}\r\n\n${lines[1]}\n \n{"kind":"end"}`)
  assert.deepEqual([code, stdout], [0, '1 item was loaded.\n'])
})

test('S39: a record whose unique value or timestamp is another one’s is named by its line', async () => {
  const record = (id: string, timestamp: number, code: string) =>
    JSON.stringify({ kind: 'record', parent_id: 'new', resource: 'game', data: { id, last_modified: timestamp, code } })
  await fill('conflict.sqlite')
  const env = sqlite('conflict.sqlite')
  const unique = await run(['load'], env, dumpOf(...lines.slice(1, 1001), record('a', 1, 'x'), record('b', 2, 'y'), record('c', 3, 'x')))
  assert.equal(unique.code, 1)
  const message =
    'cliquet load: line 1004: the record "c" of game has the same "code" as another one that is there; 1000 items are loaded\n'
  assert.equal(unique.stderr, message)
  const stamp = await run(['load'], env, dumpOf(record('a', 1, 'x'), record('b', 1, 'y')))
  assert.match(stamp.stderr, /^cliquet load: line 3: the record "b" of game has the same "last_modified" as another/)
})

test('whoever stops reading a dump is told nothing', async () => {
  const child = startCommand(['dump'], { cwd, env: sqlite('full.sqlite') })
  let stderr = ''
  child.stderr?.on('data', (text) => (stderr += text))
  const ended = new Promise((resolve) => child.on('close', resolve))
  child.stdout?.once('data', () => child.stdout?.destroy())
  assert.equal(await ended, 1)
  assert.equal(stderr, '')
})

test('a file that is not there is a failure', async () => {
  const { code, stderr } = await run(['load', 'nowhere.jsonl'], sqlite('none.sqlite'))
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet load: ENOENT: .*nowhere\.jsonl/)
})

describe('between SQLite and PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  const postgresql = { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql', CLIQUET_STORAGE_URL: ownSchema('cli_transfer') }

  test('dump | load carries everything there and back', async () => {
    const from = startCommand(['dump'], { cwd, env: sqlite('full.sqlite') })
    const to = startCommand(['load'], { cwd, env: postgresql })
    from.stdout?.pipe(to.stdin ?? assert.fail('a pipe'))
    assert.equal(await new Promise((resolve) => to.on('close', resolve)), 0)
    const there = await run(['dump'], postgresql)
    assert.deepEqual(sorted(there.stdout), sorted(full.stdout))
    assert.equal((await run(['load'], sqlite('back.sqlite'), there.stdout)).code, 0)
    assert.equal((await run(['dump'], sqlite('back.sqlite'))).stdout, full.stdout)
  })

  test('S39: a conflict is named by its line', async () => {
    const clash = lines.find((line) => line.includes('"id":"id700"'))?.replace('"id":"id700"', '"id":"other"') ?? ''
    const { code, stderr } = await run(['load'], postgresql, dumpOf(lines[1] ?? '', clash))
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^cliquet load: line 3: the record "other" of score has the same "last_modified" as another one that is there; 0 items/,
    )
  })
})
