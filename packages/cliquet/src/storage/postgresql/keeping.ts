import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import type { SqlParam } from '../../drivers/postgresql/statement.ts'
import type { Purge } from '../contract.ts'

/** Removes tombstones; the newest `keep` of each collection stay (S23). @returns how many */
export async function purge(session: PostgresSession, at: string, { resource, parentId, before, keep }: Purge): Promise<number> {
  const values: SqlParam[] = []
  const scope: string[] = []
  if (parentId !== undefined) scope.push(` and parent_id=$${values.push(parentId)}`)
  if (resource !== undefined) scope.push(` and resource=$${values.push(resource)}`)
  const where = scope.join('')
  return await session.atomically(
    async (transaction) => {
      const numbered =
        'select parent_id,resource,id,last_modified,row_number() over (partition by parent_id,resource order by last_modified desc) place ' +
        `from ${at}records where deleted${where}`
      const text =
        `with gone as (delete from ${at}records r using (${numbered}) n where r.parent_id=n.parent_id and r.resource=n.resource and r.id=n.id ` +
        `and r.deleted and n.place>$${values.length + 1}::bigint and n.last_modified<$${values.length + 2}::bigint returning 1) select count(*) from gone`
      const [row] = await transaction.query({ text, values: [...values, keep ?? 0, before ?? Number.MAX_SAFE_INTEGER] })
      if (parentId !== undefined && before === undefined && keep === undefined) {
        await transaction.query({ text: `delete from ${at}collections where live_count=0${where}`, values })
      }
      return Number(row?.[0])
    },
    { patient: true },
  )
}

/** Removes every record, tombstone and timestamp (S24). */
export async function flush(session: PostgresSession, at: string): Promise<void> {
  await session.atomically(async (transaction) => {
    await transaction.query({ text: `delete from ${at}records` })
    await transaction.query({ text: `delete from ${at}collections` })
  })
}
