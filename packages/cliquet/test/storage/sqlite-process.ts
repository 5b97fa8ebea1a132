import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'

/**
 * Run as a process: counts up in one record with conditional puts, and creates records, by themselves and two in a transaction; says on its
 * output how many of each it did.
 */
const [, , url = '', name = '', duration = ''] = process.argv
const counters = { parentId: '', resource: 'counter' }
const storage = createSqliteStorage({ url })
await storage.prepare([{ name: 'counter', uniqueFields: ['owner'] }])
const end = Date.now() + Number(duration)
const done = { counted: 0, created: 0, timestamps: [] as number[] }

async function count(): Promise<void> {
  const current = await storage.get(counters, 'shared')
  const value: unknown = current && JSON.parse(current.body).value
  const condition = current ? ({ kind: 'timestamp', timestamp: current.timestamp } as const) : ({ kind: 'absent' } as const)
  const put = await storage.put(counters, { id: 'shared', body: JSON.stringify({ value: Number(value ?? 0) + 1 }), condition })
  if (put.outcome === 'created' || put.outcome === 'replaced') done.counted += 1
}

async function create(worker: number): Promise<void> {
  const id = `${name}-${worker}-${done.created}`
  const put = await storage.put(counters, { id, body: JSON.stringify({ owner: id }), condition: { kind: 'absent' } })
  if (put.outcome !== 'created') return
  done.created += 1
  done.timestamps.push(put.record.timestamp)
}

async function createTwo(worker: number): Promise<void> {
  const transaction = await storage.begin()
  const session = storage.within(transaction)
  const timestamps: number[] = []
  const { created } = done
  for (const part of ['a', 'b']) {
    const id = `${name}-${worker}-${created}-${part}`
    const put = await session.put(counters, { id, body: JSON.stringify({ owner: id }), condition: { kind: 'absent' } })
    if (put.outcome === 'created') timestamps.push(put.record.timestamp)
  }
  if (created % 5 === 4) return await transaction.rollback()
  await transaction.commit()
  done.created += timestamps.length
  done.timestamps.push(...timestamps)
}

async function work(worker: number): Promise<void> {
  while (Date.now() < end) await (worker % 2 === 0 ? count() : worker % 4 === 1 ? create(worker) : createTwo(worker))
}

await Promise.all(Array.from({ length: 8 }, (_, worker) => work(worker)))
await storage.close()
process.stdout.write(JSON.stringify(done))
