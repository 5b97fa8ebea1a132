import type { SqliteConnection } from '../../drivers/sqlite/connection.ts'
import { type LoadOutcome, type LoadPlan, type PlacedItem, planLoad, type StorageItem } from '../dump.ts'
import { storedRow, touchCollection } from './assignment.ts'
import { violatedField } from './unique-fields.ts'

/** Takes in items, all or none (S38, S39). What is replaced goes first, so that it is in nobody's way. */
export function load(connection: SqliteConnection, list: readonly StorageItem[]): LoadOutcome {
  const plan = planLoad(list)
  let at: PlacedItem | undefined
  try {
    connection.savepoint(() => {
      clear(connection, plan)
      for (const placed of plan.items) {
        at = placed
        insert(connection, placed)
      }
    })
    return { outcome: 'loaded' }
  } catch (error) {
    const field = violatedField(error)
    if (field === undefined || at === undefined) throw error
    return { outcome: 'conflict', position: at.position, field }
  }
}

/** Stamps the collections and removes what is replaced. */
function clear(connection: SqliteConnection, { collections, items }: LoadPlan): void {
  for (const collection of collections) touchCollection(connection, collection, collection.timestamp, 0)
  for (const { item } of items) {
    const row = storedRow(connection, item, item.id)
    if (row === undefined) continue
    connection.run('delete from records where parent_id=? and resource=? and id=?', [item.parentId, item.resource, item.id])
    if (row[2] === 0) touchCollection(connection, item, row[0], -1)
  }
}

function insert(connection: SqliteConnection, { item }: PlacedItem): void {
  const { parentId, resource, id, timestamp } = item
  const [body, deleted] = item.kind === 'record' ? [item.body, 0] : ['{}', 1]
  const sql = 'insert into records(last_modified,data,deleted,parent_id,resource,id) values(?,?,?,?,?,?)'
  connection.run(sql, [timestamp, body, deleted, parentId, resource, id])
  if (deleted === 0) touchCollection(connection, item, timestamp, 1)
}
