import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type Service, storedText, Type, type Views } from '../../src/index.ts'
import { backendSettings, openService } from '../protocol/service-under-test.ts'

/** The example of the talk that presented the original: an endpoint that stores a score for the user who sends it. */
const scores: Views = async (app) => {
  app.post<{ Params: { game: string }; Body: { points: number } }>(
    '/score/:game',
    { schema: { body: Type.Object({ points: Type.Integer({ minimum: 0 }) }) } },
    async (request, reply) => {
      const { game } = request.params
      const collection = { parentId: request.userId ?? '', resource: 'score' }
      const id = `${game}-best`
      const body = storedText({ points: request.body.points })
      const outcome = await request.storage.put(collection, { id, body, condition: { kind: 'none' } })
      reply.code(outcome.outcome === 'created' ? 201 : 200)
      return { game, points: request.body.points, principals: request.principals }
    },
  )
  app.get('/open', { config: { public: true } }, async (request) => ({ user: request.userId ?? null, principals: request.principals }))
  app.get('/cached', async (request) => {
    await request.cache.set('key', 'value', 1000)
    return { value: await request.cache.get('key') }
  })
  app.get('/broken', async () => {
    throw new Error('secret text')
  })
}

const prepare = (service: Service): void => {
  service.views(scores).resource('score', { schema: { points: Type.Integer() }, idGenerator: () => 'made' })
}

const open = (_t: TestContext, backend: 'memory' | 'sqlite' = 'memory') => openService({ backend, prepare })
const auth = 'me:secret'

for (const backend of ['memory', 'sqlite'] as const) {
  test(`a view of one's own is below the prefix, authenticated, and writes to the storage (${backend})`, async (t) => {
    const { request } = await open(t, backend)
    const created = await request('POST', '/v1/score/chess', { auth, body: { points: 3 } })
    assert.equal(created.status, 201, created.text)
    assert.equal(created.headers['content-type'], 'application/json')
    assert.equal(created.body.points, 3)
    assert.match(String(created.body.principals), /^basicauth:[0-9a-f]{64},system\.Everyone,system\.Authenticated$/)
    const stored = await request('GET', '/v1/scores/chess-best', { auth })
    assert.equal(stored.record.points, 3)
    assert.equal((await request('POST', '/v1/score/chess', { auth: null, body: { points: 3 } })).status, 401)
    assert.equal((await request('GET', '/score/chess')).status, 307)
    assert.equal((await request('GET', '/v1/score/chess', { auth })).status, 405)
  })

  test(`R3.5: a view's schema refuses with the place named, and nothing of an unexpected error is shown (${backend})`, async (t) => {
    const { request } = await open(t, backend)
    const refused = await request('POST', '/v1/score/chess', { auth, body: { points: -1 } })
    assert.equal(refused.status, 400)
    assert.equal(refused.body.errno, 107)
    assert.deepEqual(
      (refused.body.details as { location: string; name: string }[]).map(({ location, name }) => `${location} ${name}`),
      ['body points'],
    )
    const broken = await request('GET', '/v1/broken', { auth })
    assert.equal(broken.status, 500)
    assert.doesNotMatch(broken.text, /secret text/)
  })

  test(`R11.11 R11.14: a view works in a batch, inside its transaction (${backend})`, async (t) => {
    const { request } = await open(t, backend)
    const score = (points: number) => ({ method: 'POST', path: '/score/go', body: { points } })
    const batch = await request('POST', '/v1/batch', { auth, body: { requests: [score(1), { path: '/scores/go-best' }, score(2)] } })
    const parts = batch.body.responses as { status: number; body: { data?: { points: number } } }[]
    assert.deepEqual(
      parts.map(({ status }) => status),
      [201, 200, 200],
    )
    assert.equal(parts[1]?.body.data?.points, 1)
    const failing = await request('POST', '/v1/batch', { auth, body: { requests: [score(9), { path: '/broken' }] } })
    assert.equal(failing.status, 500)
    const { record } = await request('GET', '/v1/scores/go-best', { auth })
    if (backend === 'sqlite') assert.equal(record.points, 2)
  })
}

test('a public view is for everybody, and knows who asks all the same', async (t) => {
  const { request } = await open(t)
  assert.deepEqual((await request('GET', '/v1/open', { auth: null })).body, { user: null, principals: ['system.Everyone'] })
  assert.match(String((await request('GET', '/v1/open', { auth })).body.user), /^basicauth:/)
})

test('a view may use the cache', async (t) => {
  const { request } = await open(t)
  assert.deepEqual((await request('GET', '/v1/cached', { auth })).body, { value: 'value' })
})

test("R2.8: a service's own views are in its description", async (t) => {
  const { request } = await open(t)
  const { paths } = (await request('GET', '/v1/__api__')).body
  assert.ok(Object.keys(paths as object).includes('/score/{game}'))
})

test('views are settled before the start', async () => {
  const { createService } = await import('../../src/index.ts')
  const service = createService({ name: 'late', version: '1.0', settings: backendSettings() })
  await service.ready()
  assert.throws(() => service.views(scores), /after the start/)
  await service.close()
})
