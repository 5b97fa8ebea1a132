import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { BareRecord, BareStore } from './bare-store.ts'

interface Row {
  readonly id: string
  readonly last_modified: number
  readonly data: string
}

/** Opens a SQLite file with one connection and prepared statements; a transaction per write. */
export function openBareSqlite(file: string): BareStore {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists records(
      parent_id text not null, id text not null, last_modified integer not null, data text not null, primary key(parent_id, id));
    create unique index if not exists records_by_time on records(parent_id, last_modified);
    create table if not exists collections(parent_id text primary key, last_modified integer not null)`)

  const selectRecord = db.prepare('select last_modified, data from records where parent_id = ? and id = ?')
  const selectTimestamp = db.prepare('select last_modified from collections where parent_id = ?')
  const selectPage = db.prepare(
    'select id, last_modified, data from records where parent_id = ? and last_modified > ? and last_modified < ? order by last_modified desc limit ?',
  )
  const insertRecord = db.prepare('insert into records(parent_id, id, last_modified, data) values(?, ?, ?, ?)')
  const upsertTimestamp = db.prepare(
    'insert into collections(parent_id, last_modified) values(?, ?) on conflict(parent_id) do update set last_modified = excluded.last_modified',
  )
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')
  const rollback = db.prepare('rollback')

  const timestampOf = (parentId: string): number | undefined => {
    const row = selectTimestamp.get(parentId) as Pick<Row, 'last_modified'> | undefined // the columns of the statement
    return row?.last_modified
  }

  return {
    timestamp: timestampOf,
    get(parentId, id) {
      const row = selectRecord.get(parentId, id) as Pick<Row, 'last_modified' | 'data'> | undefined // the columns of the statement
      return row && toRecord({ id, ...row })
    },
    page(parentId, { since, before, limit }) {
      const rows = selectPage.all(parentId, since, before, limit) as unknown[] as Row[] // the columns of the statement
      return rows.map(toRecord)
    },
    create(parentId, bookmark) {
      const id = randomUUID()
      begin.run()
      try {
        const timestamp = Math.max(Date.now(), (timestampOf(parentId) ?? 0) + 1)
        insertRecord.run(parentId, id, timestamp, JSON.stringify(bookmark))
        upsertTimestamp.run(parentId, timestamp)
        commit.run()
        return { id, last_modified: timestamp, ...bookmark }
      } catch (error) {
        rollback.run()
        throw error
      }
    },
    close: () => db.close(),
  }
}

const toRecord = ({ id, last_modified, data }: Row): BareRecord => ({ id, last_modified, ...JSON.parse(data) })
