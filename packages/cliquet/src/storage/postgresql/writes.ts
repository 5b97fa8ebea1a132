import { concernsData } from '../../drivers/postgresql/failure.ts'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { arrayLiteral, type SqlRow, type SqlStatement } from '../../drivers/postgresql/statement.ts'
import type { WorkCall } from '../../drivers/postgresql/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { Collection, Condition, PutOutcome, Refused, RemovalOutcome } from '../contract.ts'
import { recordBody, type StoredRecord } from '../record.ts'

/** One write, as the database's function takes it. */
export interface Write {
  readonly id: string
  /** Of a removal undefined. */
  readonly body: string | undefined
  readonly condition: Condition
  readonly timestamp: number | undefined
  readonly calls: readonly WorkCall[]
}

/** What became of it: a row of `write_records`. */
export type WriteRow = SqlRow

/** What the function is called with besides the writes. */
export interface WriteContext {
  readonly at: string
  /** The unique fields of the resource. */
  readonly unique: readonly string[]
  /** In place of the database's clock, ms. */
  readonly now: number | undefined
}

/** Does the writes in their order, committed together. @throws BackendError, and then nothing of them is written */
export async function writeAll(
  session: PostgresSession,
  collection: Collection,
  writes: readonly Write[],
  context: WriteContext,
): Promise<readonly WriteRow[]> {
  const statement = callOf(collection, writes, context)
  // On a distributed database a call by itself runs on the node of its collection, and joined work may concern others.
  const apart = session.distributed && writes.some(({ calls }) => calls.length > 0)
  return apart ? await session.atomically((transaction) => transaction.query(statement)) : await session.query(statement)
}

/** Does the writes as `writeAll` does; when the data of one is at fault it fails alone. */
export async function writeGroup(
  session: PostgresSession,
  collection: Collection,
  writes: readonly Write[],
  context: WriteContext,
): Promise<readonly (WriteRow | BackendError)[]> {
  try {
    return await writeAll(session, collection, writes, context)
  } catch (error) {
    if (writes.length === 1 || !concernsData(error)) throw error
  }
  const rows: (WriteRow | BackendError)[] = []
  for (const [place, write] of writes.entries()) {
    try {
      rows.push(...(await writeAll(session, collection, [write], context)))
    } catch (error) {
      // A server that fails would fail each of the others, and each as late.
      if (!concernsData(error)) return [...rows, ...writes.slice(place).map(() => backendErrorOf(error))]
      rows.push(backendErrorOf(error))
    }
  }
  return rows
}

/** What a put came to. */
export function putOutcome(id: string, body: string, row: WriteRow): PutOutcome {
  const [outcome, stamp, , , field, other] = row
  const previous = before(id, row)
  if (outcome === 'timestamp-taken') return { outcome }
  if (outcome === 'refused') return refused(row, previous)
  if (outcome === 'duplicate') {
    const existing = before(String(other), row)
    if (existing === undefined) throw new BackendError('a unique value has no owner')
    return { outcome, field: String(field), existing }
  }
  const record = { id, timestamp: Number(stamp), body }
  return previous === undefined ? { outcome: 'created', record } : { outcome: 'replaced', record, previous }
}

/** What a removal came to. */
export function removalOutcome(id: string, row: WriteRow): RemovalOutcome {
  const [outcome, stamp] = row
  const previous = before(id, row)
  if (outcome === 'timestamp-taken') return { outcome }
  if (outcome === 'refused' || previous === undefined) return refused(row, previous)
  return { outcome: 'removed', tombstone: { id, timestamp: Number(stamp) }, previous }
}

const refused = ([, stamp]: WriteRow, current: StoredRecord | undefined): Refused => ({
  outcome: 'refused',
  current,
  timestamp: Number(stamp),
})

function before(id: string, [, , stamp, item]: WriteRow): StoredRecord | undefined {
  if (typeof stamp !== 'string' || typeof item !== 'string') return undefined
  const timestamp = Number(stamp)
  return { id, timestamp, body: recordBody(id, timestamp, item) }
}

function callOf({ parentId, resource }: Collection, writes: readonly Write[], { at, unique, now }: WriteContext): SqlStatement {
  const all = <T extends string | number | null>(pick: (write: Write) => T): string => arrayLiteral(writes.map(pick))
  return {
    name: 'storage write',
    text: `select * from ${at}write_records($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
    values: [
      parentId,
      resource,
      all(({ id }) => id),
      all(({ body }) => body ?? null),
      all(({ condition }) => conditionCode(condition)),
      all(({ timestamp }) => timestamp ?? null),
      all(({ calls }) => (calls.length > 0 ? JSON.stringify(calls) : null)),
      unique.length > 0 ? arrayLiteral(unique) : null,
      now ?? null,
    ],
  }
}

const CODES = { none: -1, absent: -2, present: -3 } as const

/** Within what a bigint holds, and no record's: conditions may name any number. */
const NO_TIMESTAMP = 2 ** 62

function conditionCode(condition: Condition): number {
  if (condition.kind !== 'timestamp') return CODES[condition.kind]
  return Number.isSafeInteger(condition.timestamp) && condition.timestamp >= 0 ? condition.timestamp : NO_TIMESTAMP
}

const backendErrorOf = (error: unknown): BackendError =>
  error instanceof BackendError ? error : new BackendError(String(error), { cause: error })
