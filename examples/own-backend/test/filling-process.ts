/** Writes in the journal at the given path until the disk takes no more, and tells, as JSON, what happened. */
import { BackendError } from 'cliquet'
import { createJournalStorage } from '../journal-storage.ts'

const storage = createJournalStorage({ path: process.argv[2] ?? '', clock: Date.now })
await storage.prepare([])
const articles = { parentId: 'alice', resource: 'article' }

async function put(id: string, length: number): Promise<boolean> {
  try {
    await storage.put(articles, { id, body: JSON.stringify({ text: 'x'.repeat(length) }), condition: { kind: 'none' } })
    return true
  } catch (error) {
    if (error instanceof BackendError) return false
    throw error
  }
}

const written: string[] = []
while (await put(`large${written.length}`, 5000)) written.push(`large${written.length}`)
const refused = `large${written.length}`
const isSeen = (await storage.get(articles, refused)) !== undefined
// Less than the last record still has room, if nothing of that one is left on the disk.
if (await put('small', 10)) written.push('small')
const { total } = await storage.count(articles, [])
await storage.close()
console.log(JSON.stringify({ written, refused, isSeen, total }))
