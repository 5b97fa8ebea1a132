import { BackendError } from '../../errors/backend-error.ts'
import { parseObject } from '../../primitives/json.ts'
import type { Collection, Condition, Put, PutOutcome, Refused, Removal, RemovalOutcome } from '../contract.ts'
import { runOn } from './collections.ts'
import { type Joined, joined } from './joining.ts'
import { putScript, removeScript } from './scripts/writing.ts'
import type { Store } from './store.ts'
import { certainRecord, storedRecord } from './stored.ts'
import { fieldsText, type UniqueValue, uniqueValues } from './unique-fields.ts'

type Reply = readonly (string | null)[]

/** How often a write is tried while others change the unique fields of its resource. */
const attempts = 10

/** Puts a record: one script, and what `joined` says. */
export async function putRecord(store: Store, collection: Collection, put: Put): Promise<PutOutcome> {
  const { database, clock, uniqueFields } = store
  const work = joined(database, collection.parentId, put.join)
  const fields = put.body === '{}' ? {} : parseObject(put.body)
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const names = uniqueFields.of(collection.resource)
    const unique = uniqueValues(names, fields)
    const args = [...writeArgs(put, work), put.body, fieldsText(names), JSON.stringify(unique.map(({ text }) => text))]
    const reply = await work.write(() => runOn(database, collection, clock, putScript, args))
    if (reply[0] === 'fields') await uniqueFields.agree(collection)
    else return await putOutcome(reply, put, unique, work)
  }
  throw new BackendError(`Redis ${database.place}: the unique fields of ${collection.resource} change all the time`)
}

async function putOutcome(reply: Reply, { id, body }: Put, unique: readonly UniqueValue[], work: Joined): Promise<PutOutcome> {
  const [outcome, first, second, ...rest] = reply
  if (outcome === 'refused') return refused(id, first, second)
  if (outcome === 'duplicate') {
    const field = unique[Number(first) - 1]?.field ?? ''
    return { outcome, field, existing: certainRecord(second ?? '', rest[0]) }
  }
  if (outcome === 'timestamp-taken') return { outcome }
  await work.finish([], rest)
  const record = { id, timestamp: Number(first), body }
  const previous = storedRecord(id, second)
  return previous === undefined ? { outcome: 'created', record } : { outcome: 'replaced', record, previous }
}

/** Removes a record: one script, and what `joined` says. */
export async function removeRecord(store: Store, collection: Collection, removal: Removal): Promise<RemovalOutcome> {
  const { id } = removal
  const work = joined(store.database, collection.parentId, removal.join)
  const [outcome, first, second, ...below] = await work.write(() =>
    runOn(store.database, collection, store.clock, removeScript, writeArgs(removal, work)),
  )
  if (outcome === 'refused') return refused(id, first, second)
  if (outcome === 'timestamp-taken') return { outcome }
  await work.finish([id], below)
  return { outcome: 'removed', tombstone: { id, timestamp: Number(first) }, previous: certainRecord(id, second) }
}

/** What the scripts of all writes of one record take first. */
function writeArgs({ id, condition, timestamp }: Put | Removal, { steps }: Joined): readonly (string | number)[] {
  return [id, condition.kind, demanded(condition), timestamp ?? '', steps]
}

const demanded = (condition: Condition): string | number => (condition.kind === 'timestamp' ? condition.timestamp : '')

const refused = (id: string, timestamp: string | null | undefined, current: string | null | undefined): Refused => ({
  outcome: 'refused',
  current: storedRecord(id, current),
  timestamp: Number(timestamp),
})
