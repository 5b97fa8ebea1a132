/** Writes in the journal at the given path for ever, several at a time, and says what was acknowledged: a line for each record. */
import { createJournalStorage } from '../journal-storage.ts'

const [path = '', round = ''] = process.argv.slice(2)
const storage = createJournalStorage({ path, clock: Date.now })
await storage.prepare([{ name: 'article', uniqueFields: [] }])

const put = (session: Pick<typeof storage, 'put'>, parentId: string, id: string) =>
  session.put({ parentId, resource: 'article' }, { id, body: JSON.stringify({ text: 'x'.repeat(500) }), condition: { kind: 'absent' } })

const say = (...ids: readonly string[]): void => void process.stdout.write(ids.map((id) => `${id}\n`).join(''))

async function writeSingly(lane: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const id = `single-${round}-${lane}-${i}`
    await put(storage, `parent${i % 3}`, id)
    say(`parent${i % 3}/${id}`)
  }
}

async function writePairs(): Promise<void> {
  for (let i = 0; ; i += 1) {
    const transaction = await storage.begin()
    const session = storage.within(transaction)
    const [first, second] = [`first-${round}-${i}`, `second-${round}-${i}`]
    await put(session, 'pairs', first)
    await put(session, 'pairs', second)
    await transaction.commit()
    say(`pairs/${first}`, `pairs/${second}`)
  }
}

await Promise.all([writeSingly(0), writeSingly(1), writeSingly(2), writePairs()])
