import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { uuid } from '../resource/http/scenario.ts'
import { basicAuth, temporaryFolder } from './service-under-test.ts'

interface Answer {
  readonly status: number
  readonly etag: string
  readonly body: unknown
}

interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

type Send = (method: string, path: string, sent?: Sent) => Promise<Answer>

/** Starts a process on a database. */
async function startProcess(file: string): Promise<Send> {
  const child: ChildProcess = fork(new URL('several-processes-server.ts', import.meta.url), [file])
  after(async () => {
    if (child.exitCode !== null) return
    child.disconnect()
    await once(child, 'exit')
  })
  const [port] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => assert.fail(`the server ended with ${code}`)),
  ])
  const authorization = basicAuth('mat:secret')
  return async (method, path, { body, headers } = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const options = {
      method,
      headers: { authorization, ...type, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const response = await fetch(`http://127.0.0.1:${port}/v1${path}`, options)
    const text = await response.text()
    return { status: response.status, etag: response.headers.get('etag') ?? '', body: text === '' ? {} : JSON.parse(text) }
  }
}

const file = join(temporaryFolder(), 'shared.sqlite')
const processes = await Promise.all([startProcess(file), startProcess(file), startProcess(file)])
const [first, second] = processes

/** Sends from many clients at once, in turn to each of the processes. */
const spread = (count: number, send: (one: Send, index: number) => Promise<Answer>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => send(processes[index % processes.length] ?? first, index)))

function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const dataOf = ({ body }: Answer): unknown => (body as { data?: unknown }).data // every body is an object
const records = (answer: Answer) => dataOf(answer) as readonly { id: string; last_modified: number; count?: number; title?: string }[] // of a list

test('R9.1: what one process has written the others serve', async () => {
  const path = `/articles/${uuid(1)}`
  const { etag } = await first('PUT', path, { body: { data: { title: 'a' } } })
  for (const send of processes) assert.equal((await send('GET', path)).etag, etag)
  assert.equal((await second('GET', path, { headers: { 'If-None-Match': etag } })).status, 304)
})

for (const method of ['PUT', 'PATCH', 'DELETE']) {
  test(`R6.10: of 50 ${method}s with one If-Match, spread over three processes, exactly one succeeds`, async () => {
    const path = `/articles/${uuid(2)}`
    const { etag } = await first('PUT', path, { body: { data: { title: 'start' } } })
    const headers = { 'If-Match': etag }
    const answers = await spread(50, (send, index) =>
      send(method, path, { headers, ...(method === 'DELETE' ? {} : { body: { data: { title: `${index}` } } }) }),
    )
    const { 200: succeeded, ...failed } = tally(answers)
    assert.equal(succeeded, 1, JSON.stringify(tally(answers)))
    assert.deepEqual(method === 'DELETE' ? (failed[404] ?? 0) + (failed[412] ?? 0) : failed[412], 49, JSON.stringify(failed))
    const winner = answers.find(({ status }) => status === 200)
    if (winner !== undefined && method !== 'DELETE') assert.deepEqual((await second('GET', path)).body, winner.body)
  })
}

test('R6.10: of 50 PUTs with If-None-Match: *, spread over three processes, exactly one creates', async () => {
  const path = `/articles/${uuid(3)}`
  const headers = { 'If-None-Match': '*' }
  const answers = await spread(50, (send, index) => send('PUT', path, { headers, body: { data: { title: `${index}` } } }))
  assert.deepEqual(tally(answers), { 201: 1, 412: 49 })
  assert.deepEqual((await second('GET', path)).body, answers.find(({ status }) => status === 201)?.body)
})

test('R11.11 R11.15: of batches in three processes on the same records none is lost', async () => {
  const ids = [1, 2, 3, 4, 5]
  const answers = await spread(18, (send, index) => {
    const requests = ids.map((_, position) => ({ method: 'PUT', path: `/counters/${uuid(ids[(position + index) % ids.length] ?? 1)}` }))
    return send('POST', '/batch', { body: { requests } })
  })
  assert.deepEqual(tally(answers), { 200: 18 })
  for (const { body } of answers) {
    const { responses } = body as { responses: { status: number }[] } // R11.10
    for (const { status } of responses) assert.ok(status === 200 || status === 201)
  }
  const list = records(await first('GET', '/counters'))
  assert.deepEqual(
    list.map(({ count }) => count),
    ids.map(() => 18),
  )
  assert.equal(new Set(list.map(({ last_modified }) => last_modified)).size, ids.length)
})

test('R6.11 R11.12: of batches with one If-Match, spread over three processes, exactly one writes', async () => {
  const path = `/articles/${uuid(4)}`
  const { etag } = await first('PUT', path, { body: { data: { title: 'start' } } })
  const answers = await spread(15, (send, index) => {
    const conditional = { method: 'PUT', path, headers: { 'If-Match': etag }, body: { data: { title: `${index}` } } }
    return send('POST', '/batch', { body: { requests: [{ path }, conditional] } })
  })
  const written = answers.filter(({ body }) => (body as { responses: { status: number }[] }).responses[1]?.status === 200) // R11.10
  assert.equal(written.length, 1)
})

test('R11.15 R9.4: a client that polls one process sees whole batches of all, and misses none', async () => {
  const start = records(await first('GET', '/articles'))
  const since = Math.max(...start.map(({ last_modified }) => last_modified))
  const pair = (index: number) => [0, 1].map((half) => ({ method: 'PUT', path: `/articles/${uuid(1000 + index * 2 + half)}` }))
  let finished = false
  const writes = Promise.all([
    spread(20, (send, index) => send('POST', '/batch', { body: { requests: pair(index) } })),
    spread(20, (send, index) => send('PUT', `/counters/${uuid(2000 + index)}`)),
  ]).then((answers) => {
    finished = true
    return answers
  })
  const found = new Set<string>()
  let last = since
  for (let isLast = false; !isLast; ) {
    isLast = finished
    const poll = await second('GET', `/articles?_since=${last}`)
    const changes = records(poll)
    assert.equal(changes.length % 2, 0)
    for (const { id } of changes) found.add(id)
    last = Number(poll.etag.slice(1, -1))
  }
  for (const answers of await writes) for (const { status } of answers) assert.ok(status < 300)
  assert.equal(found.size, 40)
})
