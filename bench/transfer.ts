import { type ChildProcess, spawn } from 'node:child_process'
import { hash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { PermissionItem, StorageItem } from 'cliquet'
import { createPermission } from 'cliquet/permission/sqlite'
import { createStorage } from 'cliquet/storage/sqlite'
import { makeBookmark } from './bookmark.ts'
import { readCommandLine } from './command-line.ts'
import { openPostgres } from './postgresql.ts'
import { machineFacts, markdownTable, whole } from './report.ts'
import { type Scratch, withScratch } from './scratch.ts'

const USAGE = 'npm run bench:transfer -- [--records N]\n'
const TOGETHER = 5000
const USERS = 1000

/** One record in so many is a tombstone, one has permissions. */
const TOMBSTONES = 20
const SHARED = 10

const command = fileURLToPath(new URL('../packages/cliquet/src/cli/main.ts', import.meta.url))
const peakMemory = new URL('peak-memory.ts', import.meta.url).href

/** The settings by which a command finds its data. */
type Settings = Readonly<Record<string, string>>

/** What was dumped: for each kind of item how many, and a sum of the digests of the lines, which does not depend on their order. */
type Summary = ReadonlyMap<string, { readonly count: number; readonly digest: bigint }>

function makeItems(from: number, to: number): { readonly records: StorageItem[]; readonly permissions: PermissionItem[] } {
  const records: StorageItem[] = []
  const permissions: PermissionItem[] = []
  for (let number = from; number < to; number += 1) {
    const parentId = `basicauth:${hash('sha256', String(number % USERS))}`
    const item = { parentId, resource: 'bookmark', id: randomUUID(), timestamp: 1_700_000_000_000 + number }
    if (number % TOMBSTONES === 0) records.push({ kind: 'tombstone', ...item })
    else records.push({ kind: 'record', ...item, body: JSON.stringify(makeBookmark(number)) })
    if (number % SHARED === 1) {
      permissions.push({
        kind: 'permission',
        parentId,
        uri: `/bookmarks/${item.id}`,
        permission: 'write',
        principal: `/groups/${number % 77}`,
      })
    }
  }
  return { records, permissions }
}

async function fill(url: string, count: number): Promise<void> {
  const [storage, permission] = [createStorage({ url }), createPermission({ url })]
  await storage.prepare([])
  await permission.prepare()
  for (let from = 0; from < count; from += TOGETHER) {
    const { records, permissions } = makeItems(from, Math.min(count, from + TOGETHER))
    await storage.load(records)
    await permission.load(permissions)
  }
  await Promise.all([storage.close(), permission.close()])
}

function startCommand(name: 'dump' | 'load', settings: Settings, peakFile: string): ChildProcess {
  const env = { ...process.env, ...settings, CLIQUET_PROJECT_NAME: 'transfer', BENCH_PEAK_FILE: peakFile }
  return spawn(process.execPath, ['--import', peakMemory, command, name], { env, stdio: ['pipe', 'pipe', 'inherit'] })
}

async function ended(child: ChildProcess): Promise<void> {
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  if (code !== 0) throw new Error(`the command failed with code ${code}`)
}

/** `cliquet dump | cliquet load` @returns one row of the report */
async function transfer(scratch: Scratch, count: number, from: Settings, to: Settings): Promise<string[]> {
  const [dumpPeak, loadPeak] = [join(scratch.folder, 'dump.peak'), join(scratch.folder, 'load.peak')]
  const begin = performance.now()
  const dump = startCommand('dump', from, dumpPeak)
  const load = startCommand('load', to, loadPeak)
  if (dump.stdout === null || load.stdin === null) throw new Error('there are no pipes')
  dump.stdout.pipe(load.stdin)
  await Promise.all([ended(dump), ended(load)])
  const seconds = (performance.now() - begin) / 1000
  const mebibytes = (file: string): string => `${Math.round(Number(readFileSync(file, 'utf8')) / 1024)} MiB`
  return [whole(count), `${seconds.toFixed(1)} s`, whole(count / seconds), mebibytes(dumpPeak), mebibytes(loadPeak)]
}

async function summarise(scratch: Scratch, settings: Settings): Promise<Summary> {
  const child = startCommand('dump', settings, join(scratch.folder, 'summary.peak'))
  if (child.stdout === null) throw new Error('there is no pipe')
  const kinds = new Map<string, { count: number; digest: bigint }>()
  for await (const line of createInterface({ input: child.stdout })) {
    const kind = /^\{"kind":"([a-z]+)"/.exec(line)?.[1]
    if (kind === undefined || kind === 'end') continue
    const { count, digest } = kinds.get(kind) ?? { count: 0, digest: 0n }
    kinds.set(kind, { count: count + 1, digest: BigInt.asUintN(64, digest + BigInt(`0x${hash('sha256', line).slice(0, 16)}`)) })
  }
  await ended(child)
  return kinds
}

async function run(scratch: Scratch, count: number): Promise<void> {
  const postgres = await openPostgres(scratch)
  const rows: string[][] = []
  const kinds: string[][] = []
  for (const records of [Math.ceil(count / 10), count]) {
    const from = { CLIQUET_STORAGE_URL: `${join(scratch.folder, `${records}.sqlite`)}` }
    const url = await postgres.createDatabase(`transfer_${records}`)
    const to = { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql', CLIQUET_STORAGE_URL: url }
    await fill(from.CLIQUET_STORAGE_URL, records)
    rows.push(await transfer(scratch, records, from, to))
    const [there, here] = [await summarise(scratch, from), await summarise(scratch, to)]
    for (const [kind, { count: items, digest }] of there) {
      const other = here.get(kind)
      const isEqual = other?.count === items && other.digest === digest
      kinds.push([`${kind} (of ${whole(records)})`, whole(items), whole(other?.count ?? 0), isEqual ? 'equal' : 'DIFFERENT'])
    }
    if (here.size !== there.size) kinds.push([`kinds (of ${whole(records)})`, String(there.size), String(here.size), 'DIFFERENT'])
  }
  const titles = ['records', 'dump \\| load', 'records/s', 'peak of dump', 'peak of load']
  const contents = markdownTable(['items', 'in SQLite', 'in PostgreSQL', 'all lines'], kinds)
  process.stdout.write(`${markdownTable(titles, rows)}\n\n${contents}\n\nBookmarks of ${USERS} users. ${machineFacts(postgres.facts)}\n`)
  if (kinds.some((row) => row.at(-1) !== 'equal')) process.exitCode = 1
}

/** @returns undefined where it makes no sense */
function readRecords(): number | undefined {
  const { values } = parseArgs({ options: { records: { type: 'string', default: '1000000' } } })
  const records = Number(values.records)
  return Number.isInteger(records) && records >= 10 ? records : undefined
}

const records = readCommandLine(readRecords, USAGE)
if (records !== undefined) await withScratch((scratch) => run(scratch, records))
