import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '../../src/primitives/json.ts'
import { itemsOf, removed, written } from '../../src/storage/conformance/steps.ts'
import type { Collection, Storage } from '../../src/storage/contract.ts'
import { createMemoryStorage } from '../../src/storage/memory/index.ts'
import type { Query, SortValue } from '../../src/storage/query.ts'
import { createSqliteStorage } from '../../src/storage/sqlite/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'
import { assertAsDefined, type ListCase, listCases, queryOf } from './random-lists.ts'

const temporaryFile = createTemporaryFiles()
const backends: readonly (readonly [name: string, storage: Storage])[] = [
  ['memory', createMemoryStorage({})],
  ['sqlite', createSqliteStorage({ url: temporaryFile() })],
]

const own = ['a', 'b', 'a.b', "it's", '"q"', 'x[0]', 'é', '', '__proto__', 'back\\slash', '%', '😀', 'a b']
const ways = [...own, 'a.a', 'a.b.c', 'b.b.c', 'a.', 'missing', 'b.length', 'constructor']
const cases = listCases({ own, filterable: ways, sortable: ways })

/** Records and tombstones as clients see them. */
async function sow(storage: Storage, collection: Collection, { records, removeEvery }: ListCase): Promise<readonly JsonObject[]> {
  const documents = records.map(async (fields, index): Promise<JsonObject> => {
    const id = `r${index}`
    const { timestamp } = await written(storage, collection, id, fields)
    if (index === 0 || index % removeEvery > 0) return { id, last_modified: timestamp, ...fields }
    return { id, last_modified: (await removed(storage, collection, id)).timestamp, deleted: true }
  })
  return Promise.all(documents)
}

/** More than any collection has: a walk that gives more goes round in circles. */
const MOST = 100

/** All pages, one after the other. */
async function walk(storage: Storage, collection: Collection, query: Query): Promise<readonly JsonObject[]> {
  const items: JsonObject[] = []
  let last: readonly SortValue[] | undefined
  do {
    const page = await storage.list(collection, { ...query, after: last })
    items.push(...itemsOf(page))
    if (page.next !== undefined) assert.equal(page.length, query.limit, 'a page that is not the last is full')
    assert.ok(items.length <= MOST, `pages without end: ${JSON.stringify(query)}`)
    last = page.next
  } while (last !== undefined)
  return items
}

for (const [name, storage] of backends) {
  await storage.prepare([{ name: 'article', uniqueFields: [] }])
  after(() => storage.close())

  test(`R7.2 R8.3 R8.8: all pages are the one list, and that is what its definition gives (${name})`, async () => {
    let collections = 0
    let asked = 0
    let settled = 0
    const property = fc.asyncProperty(cases, async (drawn) => {
      collections += 1
      const collection = { parentId: `user ${collections}`, resource: 'article' }
      const documents = await sow(storage, collection, drawn)
      for (const draft of drawn.queries) {
        const query = queryOf(draft, documents)
        const whole = itemsOf(await storage.list(collection, { ...query, limit: 10_000 }))
        assert.deepEqual(await walk(storage, collection, query), whole, `pages: ${JSON.stringify(query)}`)
        asked += 1
        if (assertAsDefined(whole, documents, query)) settled += 1
      }
    })
    await fc.assert(property, { numRuns: 150 })
    assert.ok(settled > asked / 2, `only ${settled} of ${asked} lists have one right answer`)
  })
}
