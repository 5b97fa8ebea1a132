import { createHmac, randomUUID } from 'node:crypto'
import { createPostgresStorage } from 'cliquet/storage/postgresql'
import { createStorage as openSqliteStorage } from 'cliquet/storage/sqlite'
import { makeBookmark } from './bookmark.ts'
import type { BackendName } from './engine.ts'
import { runSql } from './postgresql.ts'
import { PASSWORD } from './request.ts'
import { SECRET } from './secret.ts'
import { ownerOf, type Shape, sampleOf, type Written } from './shape.ts'

/** As many writes as the SQLite storage commits together. */
const TOGETHER = 256
/** So many rows at once PostgreSQL is given. */
const ROWS = 10_000

/** Writes records to an empty database. @returns about a thousand from all over it */
export const fill = (backend: BackendName, location: string, shape: Shape): Promise<Written[]> =>
  backend === 'postgresql' ? fillPostgres(location, shape) : fillSqlite(location, shape)

/** Through the storage contract. */
async function fillSqlite(file: string, shape: Shape): Promise<Written[]> {
  const storage = openSqliteStorage({ url: file })
  const sample = sampleOf(shape)
  await storage.prepare([{ name: 'bookmark', uniqueFields: [] }])
  for (let written = 0; written < shape.records; written += TOGETHER) {
    const puts = Array.from({ length: Math.min(TOGETHER, shape.records - written) }, async (_, index) => {
      const [number, id] = [written + index, randomUUID()]
      const owner = ownerOf(number, shape)
      sample.add({ owner, id, number })
      const { outcome } = await storage.put(
        { parentId: parentOf(owner), resource: 'bookmark' },
        { id, body: JSON.stringify(makeBookmark(number)), condition: { kind: 'none' } },
      )
      if (outcome !== 'created') throw new Error(`a record was ${outcome}`)
    })
    await Promise.all(puts)
  }
  await storage.close()
  return sample.written
}

const insertRows = `insert into cliquet.records(parent_id,resource,id,last_modified,data,item)
  select parent,'bookmark',id,$4::bigint+place,text::jsonb,'{"id":"'||id||'","last_modified":'||$4::bigint+place||','||substr(text,2)
  from unnest($1::text[],$2::text[],$3::text[]) with ordinality r(parent,id,text,place)`

const insertCollections = `insert into cliquet.collections(parent_id,resource,last_modified,live_count)
  select parent_id,resource,max(last_modified),count(*) from cliquet.records group by parent_id,resource`

/** Past the storage, which would take an hour; what comes of it is the same. */
async function fillPostgres(url: string, shape: Shape): Promise<Written[]> {
  const storage = createPostgresStorage({ url })
  await storage.prepare([])
  await storage.close()
  const start = Date.now() - shape.records
  const sample = sampleOf(shape)
  for (let first = 0; first < shape.records; first += ROWS) {
    const rows = Array.from({ length: Math.min(ROWS, shape.records - first) }, (_, index) => {
      const [number, id] = [first + index, randomUUID()]
      const owner = ownerOf(number, shape)
      sample.add({ owner, id, number })
      return [parentOf(owner), id, JSON.stringify(makeBookmark(number))] as const
    })
    const columns = ([0, 1, 2] as const).map((column) => rows.map((row) => row[column]))
    await runSql(url, insertRows, [...columns, start + first])
  }
  await runSql(url, insertCollections)
  return sample.written
}

function parentOf(owner: string): string {
  return `basicauth:${createHmac('sha256', SECRET).update(`${owner}:${PASSWORD}`).digest('hex')}`
}
