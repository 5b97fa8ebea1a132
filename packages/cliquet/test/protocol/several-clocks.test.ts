import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { uuid } from '../resource/http/scenario.ts'
import { runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, redisUrl } from '../servers/server-urls.ts'
import { dataOf, type Send, type ServiceProcess, startProcesses } from './service-process.ts'
import { backendSettings, reasonToSkip } from './service-under-test.ts'

/** How far the clock of each process is ahead, ms. */
const shifts = [5000, -5000, 0]

async function redisNow(): Promise<number> {
  const client = new Redis(redisUrl ?? '')
  const [seconds = 0, micros = 0] = await client.time()
  await client.quit()
  return seconds * 1000 + Math.floor(micros / 1000)
}

/** What processes can share, and what time it is there, ms; SQLite has no clock of its own. */
const backends = [
  { backend: 'sqlite', now: undefined },
  {
    backend: 'postgresql',
    now: async () => Number((await runSql(postgresUrl ?? '', 'select floor(extract(epoch from clock_timestamp())*1000)'))[0]?.[0]),
  },
  { backend: 'redis', now: redisNow },
] as const

for (const { backend, now } of backends) {
  describe(`Processes on one ${backend} whose clocks are 5 s wrong`, { skip: reasonToSkip(backend) }, () => {
    const settings = backendSettings(backend)
    let processes: readonly ServiceProcess[] = []

    before(async () => {
      processes = await startProcesses(settings, shifts)
    })
    after(async () => {
      await Promise.all(processes.map((one) => one.end()))
    })

    const sendTo =
      (place: number): Send =>
      (method, path, sent) => {
        const one = processes[place % processes.length]
        assert.ok(one !== undefined)
        return one.send(method, path, sent)
      }

    it('R9.2 R9.4: writes to one after the other have rising timestamps, of the time in the database', async () => {
      let last = 0
      for (let n = 0; n < 18; n += 1) {
        const before = (await now?.()) ?? 0
        const { etag } = await sendTo(n)('PUT', `/articles/${uuid(n)}`, { body: { data: {} } })
        const after = (await now?.()) ?? Number.POSITIVE_INFINITY
        const timestamp = Number(etag.slice(1, -1))
        assert.ok(timestamp > last, `${timestamp} after ${last}`)
        assert.ok(timestamp >= before && timestamp <= Math.max(after, last + 1), `${timestamp} between ${before} and ${after}`)
        last = timestamp
      }
    })

    it('R9.4: who polls any of them misses nothing', async () => {
      let isFinished = false
      const follow = async (poller: number): Promise<ReadonlySet<string>> => {
        const found = new Set<string>()
        let since = '0'
        for (let isLast = false; !isLast; ) {
          isLast = isFinished
          const poll = await sendTo(poller)('GET', `/counters?_since=${since}`)
          for (const { id } of dataOf(poll) as readonly { id: string }[]) found.add(id) // of a list
          since = poll.etag.slice(1, -1)
        }
        return found
      }
      const pollers = shifts.map((_, place) => follow(place))
      const writes = Array.from({ length: 90 }, (_, n) => sendTo(n)('PUT', `/counters/${uuid(n)}`))
      for (const { status } of await Promise.all(writes)) assert.equal(status, 201)
      isFinished = true
      for (const found of await Promise.all(pollers)) assert.equal(found.size, 90)
    })

    // Processes that share a file have the clock of one machine.
    if (now === undefined) return
    it('What one has cached is there for the others for as long as it shall be', async () => {
      await sendTo(0)('POST', '/cached/ahead', { body: { value: 'a', ms: 3000 } })
      await sendTo(1)('POST', '/cached/behind', { body: { value: 'b', ms: 1 } })
      for (const place of [0, 1, 2]) assert.equal(dataOf(await sendTo(place)('GET', '/cached/ahead')), 'a')
      for (const place of [0, 1, 2]) assert.equal(dataOf(await sendTo(place)('GET', '/cached/behind')), null)
    })
  })
}
