import { randomUUID } from 'node:crypto'
import { Pool, types } from 'pg'
import type { BareRecord, BareStore } from './bare-store.ts'
import type { Bookmark } from './bookmark.ts'

interface Row {
  readonly id: string
  readonly last_modified: number
  readonly data: Bookmark
}

const TABLES = `
  create table if not exists records(
    parent_id text not null, id text not null, last_modified bigint not null, data jsonb not null, primary key(parent_id, id));
  create unique index if not exists records_by_time on records(parent_id, last_modified);
  create table if not exists collections(parent_id text primary key, last_modified bigint not null)`

const selectRecord = {
  name: 'record',
  text: 'select id, last_modified, data from records where parent_id = $1 and id = $2',
}
const selectTimestamp = {
  name: 'timestamp',
  text: 'select last_modified from collections where parent_id = $1',
}
const selectPage = {
  name: 'page',
  text: 'select id, last_modified, data from records where parent_id = $1 and last_modified > $2 and last_modified < $3 order by last_modified desc limit $4',
}
/** Locks the collection until the commit. */
const bumpTimestamp = {
  name: 'bump',
  text: `insert into collections as c(parent_id, last_modified) values($1, $2)
    on conflict(parent_id) do update set last_modified = greatest(excluded.last_modified, c.last_modified + 1) returning last_modified`,
}
const insertRecord = {
  name: 'insert',
  text: 'insert into records(parent_id, id, last_modified, data) values($1, $2, $3, $4)',
}

/** Opens a PostgreSQL database with a pool and prepared statements; a transaction per write. */
export async function openBarePostgres(url: string): Promise<BareStore> {
  types.setTypeParser(types.builtins.INT8, Number)
  const pool = new Pool({ connectionString: url, max: 16 })
  await pool.query(TABLES)
  return {
    async timestamp(parentId) {
      const { rows } = await pool.query<Pick<Row, 'last_modified'>>({ ...selectTimestamp, values: [parentId] })
      return rows[0]?.last_modified
    },
    async get(parentId, id) {
      const { rows } = await pool.query<Row>({ ...selectRecord, values: [parentId, id] })
      return rows[0] && toRecord(rows[0])
    },
    async page(parentId, { since, before, limit }) {
      const { rows } = await pool.query<Row>({ ...selectPage, values: [parentId, since, before, limit] })
      return rows.map(toRecord)
    },
    async create(parentId, bookmark) {
      const id = randomUUID()
      const client = await pool.connect()
      try {
        await client.query('begin')
        const { rows } = await client.query<Pick<Row, 'last_modified'>>({ ...bumpTimestamp, values: [parentId, Date.now()] })
        const timestamp = rows[0]?.last_modified ?? 0
        await client.query({ ...insertRecord, values: [parentId, id, timestamp, JSON.stringify(bookmark)] })
        await client.query('commit')
        return { id, last_modified: timestamp, ...bookmark }
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

const toRecord = ({ id, last_modified, data }: Row): BareRecord => ({ id, last_modified, ...data })
