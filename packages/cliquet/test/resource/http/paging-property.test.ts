import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/primitives/json.ts'
import type { Filter, Query } from '../../../src/storage/query.ts'
import { batch, type PartRequest, statuses } from '../../protocol/batch-exchange.ts'
import { openService, type Send, type Sent, usableBackends } from '../../protocol/service-under-test.ts'
import { assertAsDefined, type ListCase, listCases, queryOf } from '../../storage/random-lists.ts'

/** Other names than letters, digits, `_` and `.` can be asked for with the exact filter only (R7.2), and not be sorted by (R8.1). */
const words = ['a', 'b', 'a.b', 'é', 'in_stock', 'min_', '__proto__', '0']
const odd = ["it's", 'x[0]', 'a b', '%', 'back\\slash', '😀', 'a&b=c', '"q"']
const ways = ['a.a', 'a.b.c', 'b.b.c', 'missing', 'b.length', 'constructor']
const cases = listCases({ own: [...words, ...odd], filterable: [...words, ...ways, ...odd], sortable: [...words, ...ways] })

/** Values are JSON (R7.3), lists whole (R7.4). */
function parameterOf({ field, operator, value }: Filter): readonly [string, string] {
  return [odd.includes(field) ? field : `${operator}_${field}`, JSON.stringify(value)]
}

/** What can be said in a query string. */
function askable({ filters, ...query }: Query): Query {
  return { ...query, filters: filters.filter(({ field, operator }) => operator === 'eq' || !odd.includes(field)) }
}

function targetOf({ filters, sort }: Query, limit?: number): string {
  const keys = sort.map(({ field, direction }) => (direction === 'descending' ? `-${field}` : field))
  const parameters = new URLSearchParams(
    [...filters.map(parameterOf), ['_sort', keys.join(',')] as const].map(([name, text]): [string, string] => [name, text]),
  )
  if (limit !== undefined) parameters.set('_limit', String(limit))
  return `/v1/articles?${parameters}`
}

/** The records and tombstones of a new user, as clients see them. */
async function sow(send: Send, { records, removeEvery }: ListCase, sent: Sent): Promise<readonly JsonObject[]> {
  const creations = records.map((data): PartRequest => ({ body: { data } }))
  const created = await batch(send, creations, { ...sent, defaults: { method: 'POST', path: '/articles' } })
  const documents = created.map(({ status, body: { data } }, index): JsonObject => {
    assert.equal(status, 201, JSON.stringify(data))
    const { id, last_modified } = data as { id: string; last_modified: number } // R5.9
    return { id, last_modified, ...records[index] }
  })
  const gone = documents.filter((_, index) => index > 0 && index % removeEvery === 0).map(({ id }) => id)
  const removals = await batch(
    send,
    gone.map((id) => ({ path: `/articles/${id}` })),
    { ...sent, defaults: { method: 'DELETE' } },
  )
  assert.ok(statuses(removals).every((status) => status === 200))
  const tombstones = new Map(removals.map(({ body: { data } }) => [data?.id, data as JsonObject])) // R5.31
  return documents.map((document) => tombstones.get(document.id) ?? document)
}

/** More than any collection has: a walk that gives more goes round in circles. */
const MOST = 100

/** All pages, one after the other. */
async function walk(send: Send, first: string, sent: Sent): Promise<readonly Json[]> {
  const items: Json[] = []
  for (let target: string | undefined = first; target !== undefined; ) {
    const answer = await send('GET', target, sent)
    assert.equal(answer.status, 200, `${target}: ${answer.text}`)
    items.push(...(answer.records as readonly JsonObject[])) // parsed JSON
    assert.ok(items.length <= MOST, `pages without end: ${target}`)
    const { 'next-page': next } = answer.headers
    if (next === undefined) return items
    const { pathname, search } = new URL(next)
    target = pathname + search
  }
  return items
}

for (const backend of usableBackends) {
  const { inject } = await openService({ backend, prepare: (service) => void service.resource('article', { schema: {} }) })

  test(`R7.2 R8.3 R8.8: following Next-Page gives the one list, and that is what its definition gives (${backend})`, async () => {
    let users = 0
    const property = fc.asyncProperty(cases, async (drawn) => {
      users += 1
      const sent = { auth: `user${users}:secret` }
      const documents = await sow(inject, drawn, sent)
      for (const draft of drawn.queries) {
        const query = askable(queryOf(draft, documents))
        const answer = await inject('GET', targetOf(query), sent)
        assert.equal(answer.status, 200, `${targetOf(query)}: ${answer.text}`)
        assert.equal(answer.headers['next-page'], undefined)
        const whole = answer.records as readonly JsonObject[] // parsed JSON
        assert.deepEqual(await walk(inject, targetOf(query, query.limit), sent), whole, targetOf(query, query.limit))
        assertAsDefined(whole, documents, query)
      }
    })
    await fc.assert(property, { numRuns: 40 })
  })
}
