import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { uuid } from '../resource/http/scenario.ts'
import { type Answer, dataOf, type Send, type ServiceProcess, startProcesses } from './service-process.ts'
import { backendSettings, reasonToSkip } from './service-under-test.ts'

/** What processes can share, and whether batches are transactions there (S32). */
const backends = [
  { backend: 'sqlite', isAtomic: true },
  { backend: 'postgresql', isAtomic: true },
  { backend: 'redis', isAtomic: false },
] as const

function tally(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

const records = (answer: Answer) => dataOf(answer) as readonly { id: string; last_modified: number; count?: number; title?: string }[] // of a list

for (const { backend, isAtomic } of backends) {
  describe(`Several processes on one ${backend}`, { skip: reasonToSkip(backend) }, () => {
    const settings = backendSettings(backend)
    let processes: readonly ServiceProcess[] = []

    before(async () => {
      processes = await startProcesses(settings, [0, 0, 0])
    })
    after(async () => {
      await Promise.all(processes.map((one) => one.end()))
    })

    const sends = (): readonly Send[] => processes.map(({ send }) => send)
    const sendTo =
      (place: number): Send =>
      (method, path, sent) => {
        const one = processes[place % processes.length]
        assert.ok(one !== undefined)
        return one.send(method, path, sent)
      }
    const [first, second] = [sendTo(0), sendTo(1)]

    /** Sends from many clients at once, in turn to each of the processes. */
    const spread = (count: number, send: (one: Send, index: number) => Promise<Answer>): Promise<readonly Answer[]> =>
      Promise.all(Array.from({ length: count }, (_, index) => send(sendTo(index), index)))

    it('R9.1: what one process has written the others serve', async () => {
      const path = `/articles/${uuid(1)}`
      const { etag } = await first('PUT', path, { body: { data: { title: 'a' } } })
      for (const send of sends()) assert.equal((await send('GET', path)).etag, etag)
      assert.equal((await second('GET', path, { headers: { 'If-None-Match': etag } })).status, 304)
    })

    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      it(`R6.10: of 50 ${method}s with one If-Match, spread over three processes, exactly one succeeds`, async () => {
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

    it('R6.10: of 50 PUTs with If-None-Match: *, spread over three processes, exactly one creates', async () => {
      const path = `/articles/${uuid(3)}`
      const headers = { 'If-None-Match': '*' }
      const answers = await spread(50, (send, index) => send('PUT', path, { headers, body: { data: { title: `${index}` } } }))
      assert.deepEqual(tally(answers), { 201: 1, 412: 49 })
      assert.deepEqual((await second('GET', path)).body, answers.find(({ status }) => status === 201)?.body)
    })

    it('R11.11 R11.15: of batches in three processes on the same records none is lost', async () => {
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

    it('R6.11 R11.12: of batches with one If-Match, spread over three processes, exactly one writes', async () => {
      const path = `/articles/${uuid(4)}`
      const { etag } = await first('PUT', path, { body: { data: { title: 'start' } } })
      const answers = await spread(15, (send, index) => {
        const conditional = { method: 'PUT', path, headers: { 'If-Match': etag }, body: { data: { title: `${index}` } } }
        return send('POST', '/batch', { body: { requests: [{ path }, conditional] } })
      })
      const written = answers.filter(({ body }) => (body as { responses: { status: number }[] }).responses[1]?.status === 200) // R11.10
      assert.equal(written.length, 1)
    })

    it('R11.15 R9.4: a client that polls one process sees whole batches of all, and misses none', async () => {
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
        if (isAtomic) assert.equal(changes.length % 2, 0)
        for (const { id } of changes) found.add(id)
        last = Number(poll.etag.slice(1, -1))
      }
      for (const answers of await writes) for (const { status } of answers) assert.ok(status < 300)
      assert.equal(found.size, 40)
    })
  })
}
