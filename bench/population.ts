import { BOOKMARKS, makeBookmark, READER } from './bookmark.ts'
import { openConnection } from './connection.ts'
import { buildRequest } from './request.ts'

const WRITERS = 16

/** Creates so many records of the reader, as clients would. @returns their ids */
export async function populate(port: number, count: number): Promise<string[]> {
  const ids: string[] = []
  let next = 0
  const write = async (): Promise<void> => {
    const connection = await openConnection(port)
    while (next < count) {
      next += 1
      const reply = await connection.exchange(buildRequest(BOOKMARKS, { method: 'POST', user: READER, body: { data: makeBookmark(next) } }))
      if (reply.status !== 201) throw new Error(`a record could not be created:\n${reply.head}\n\n${reply.body}`)
      const { data } = JSON.parse(reply.body.toString()) as { data: { id: string } } // the answer to a creation
      ids.push(data.id)
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  return ids
}
