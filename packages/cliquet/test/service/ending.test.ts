import assert from 'node:assert/strict'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createService, type Service, Type } from '../../src/index.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Clients of a service that each keep a connection, and a service that can be held up. */
interface Scene {
  readonly service: Pick<Service, 'app' | 'close'>
  client(): (method: string, path: string, body?: unknown) => Promise<Answer>
  /** Lets `GET /held` go on. */
  release(): void
  /** Resolves when somebody has asked for it. */
  readonly held: Promise<void>
}

async function scene(t: TestContext): Promise<Scene> {
  const [held, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { storage_backend: 'cliquet/storage/memory', log_level: 'silent', userid_hmac_secret: 'only for tests' },
  })
    .resource('note', { schema: { text: Type.String() } })
    .views(async (app) => {
      app.get('/held', async ({ storage, userId = '' }) => {
        held.resolve()
        await release.promise
        return await storage.count({ parentId: userId, resource: 'note' }, [])
      })
    })
  await service.listen({ port: 0, greets: false })
  const { port } = service.app.server.address() as AddressInfo // it listens on a port
  t.after(() => service.close())
  const headers = { authorization: `Basic ${btoa('mat:secret')}`, 'content-type': 'application/json' }
  return {
    service,
    held: held.promise,
    release: release.resolve,
    client() {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      t.after(() => agent.destroy())
      return (method, path, body) =>
        new Promise((resolve, reject) => {
          const sent = request({ port, host: 'localhost', path: `/v1${path}`, method, headers, agent }, (response) => {
            let text = ''
            response.on('data', (chunk) => (text += chunk))
            response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: text }))
          })
          sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
        })
    },
  }
}

test('a service that ends answers what is in flight, from its backends, and says that it is the last of the connection', async (t) => {
  const { service, client, held, release } = await scene(t)
  const ask = client()
  assert.equal((await ask('POST', '/notes', { data: { text: 'one' } })).headers.connection, 'keep-alive')
  const answer = ask('GET', '/held')
  await held
  const closed = service.close()
  await sleep(200)
  release()
  const { status, headers, body } = await answer
  assert.deepEqual([status, headers.connection, JSON.parse(body).total], [200, 'close', 1])
  await closed
})

test('a service that ends by a signal answers who asks on a connection that is kept, batches too', async (t) => {
  const { service, client, held, release } = await scene(t)
  const [ask, other] = [client(), client()]
  await other('GET', '/')
  const answer = ask('GET', '/held')
  await held
  // Not to all who listen: the test runner would end, too.
  process.listeners('SIGINT').at(-1)?.('SIGINT')
  while (service.app.server.listening) await sleep(5)
  const requests = [{ method: 'POST', path: '/notes', body: { data: { text: 'late' } } }]
  const batch = await other('POST', '/batch', { requests })
  assert.deepEqual([batch.status, batch.headers.connection], [200, 'close'])
  const { responses } = JSON.parse(batch.body)
  assert.deepEqual([responses[0].status, responses[0].headers.connection], [201, undefined])
  release()
  assert.equal(JSON.parse((await answer).body).total, 1)
  await service.close()
})
