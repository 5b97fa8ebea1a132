import { createHmac, randomUUID } from 'node:crypto'
import { createStorage } from 'cliquet/storage/sqlite'
import { makeBookmark, READER } from './bookmark.ts'
import { PASSWORD } from './request.ts'
import { SECRET } from './secret.ts'

/** As many writes as the storage commits together. */
const TOGETHER = 256

/** Writes so many records of the reader to a SQLite file through the storage contract. @returns about a thousand ids from all over the collection */
export async function fillCollection(file: string, count: number): Promise<string[]> {
  const storage = createStorage({ url: file })
  const user = createHmac('sha256', SECRET).update(`${READER}:${PASSWORD}`).digest('hex')
  const collection = { parentId: `basicauth:${user}`, resource: 'bookmark' }
  const sample: string[] = []
  const every = Math.ceil(count / 1000)
  await storage.prepare([{ name: 'bookmark', uniqueFields: [] }])
  for (let written = 0; written < count; written += TOGETHER) {
    const puts = Array.from({ length: Math.min(TOGETHER, count - written) }, async (_, index) => {
      const id = randomUUID()
      if ((written + index) % every === 0) sample.push(id)
      const { outcome } = await storage.put(collection, {
        id,
        body: JSON.stringify(makeBookmark(written + index)),
        condition: { kind: 'none' },
      })
      if (outcome !== 'created') throw new Error(`a record was ${outcome}`)
    })
    await Promise.all(puts)
  }
  await storage.close()
  return sample
}
