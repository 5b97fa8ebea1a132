import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '../../src/index.ts'
import { openService, usableBackends } from './service-under-test.ts'

for (const backend of usableBackends) {
  test(`R2.4: the heartbeat tells that every backend is well (${backend})`, async () => {
    const { request } = await openService({ backend })
    const answer = await request('GET', '/v1/__heartbeat__', { auth: null })
    assert.deepEqual([answer.status, answer.body], [200, { storage: true, permission: true, cache: true }])
  })

  test(`R2.5: a heartbeat leaves nothing visible behind (${backend})`, async () => {
    const { request } = await openService({ backend, prepare: (service) => void service.resource('article', { schema: {} }) })
    const before = await request('GET', '/v1/articles?_since=0')
    for (let i = 0; i < 3; i += 1) await request('GET', '/v1/__heartbeat__')
    const after = await request('GET', '/v1/articles?_since=0')
    assert.deepEqual([after.records, after.timestamp], [[], before.timestamp])
  })

  test(`R2.5: with readonly the heartbeat only reads (${backend})`, async () => {
    const { request } = await openService({ backend, settings: { readonly: true } })
    assert.equal((await request('GET', '/v1/__heartbeat__')).status, 200)
  })
}

test('R2.4: a probe yields true, false or null; one that is false makes it 503 with the same body', async () => {
  const { request } = await openService({ heartbeats: { good: () => true, bad: async () => false, silent: () => null } })
  const answer = await request('GET', '/v1/__heartbeat__', { auth: null })
  assert.equal(answer.status, 503)
  assert.deepEqual(answer.body, { storage: true, permission: true, cache: true, good: true, bad: false, silent: null })
})

test('R2.4: null does not fail the heartbeat', async () => {
  const { request } = await openService({ heartbeats: { silent: async () => null } })
  assert.equal((await request('GET', '/v1/__heartbeat__')).status, 200)
})

test('R2.4: a probe that throws counts as false, and its text is not shown', async () => {
  const fail = (): never => {
    throw new TypeError('secret')
  }
  const { request } = await openService({ heartbeats: { rejects: async () => fail(), throws: fail } })
  const answer = await request('GET', '/v1/__heartbeat__')
  assert.equal(answer.status, 503)
  assert.deepEqual([answer.body.rejects, answer.body.throws, answer.body.storage], [false, false, true])
  assert.doesNotMatch(answer.text, /secret/)
})

test('R2.4: probes run at the same time, and one that is late counts as false', async () => {
  const { request } = await openService({
    settings: { heartbeat_timeout_seconds: 0.1 },
    heartbeats: {
      one: () => sleep(2000, true, { ref: false }),
      two: () => sleep(2000, true, { ref: false }),
      quick: () => sleep(60, true),
    },
  })
  const started = performance.now()
  const answer = await request('GET', '/v1/__heartbeat__')
  assert.ok(performance.now() - started < 500)
  assert.equal(answer.status, 503)
  assert.deepEqual([answer.body.one, answer.body.two, answer.body.quick], [false, false, true])
})

test('R2.4: a backend that is down makes the heartbeat 503; the load balancer’s one touches no backend', async () => {
  const { request, service } = await openService()
  service.app.storage.check = async () => false
  service.app.cache.check = async () => {
    throw new TypeError('gone')
  }
  const answer = await request('GET', '/v1/__heartbeat__')
  assert.deepEqual([answer.status, answer.body], [503, { storage: false, permission: true, cache: false }])
  const balancer = await request('GET', '/v1/__lbheartbeat__', { auth: null })
  assert.deepEqual([balancer.status, balancer.body], [200, {}])
})

test('R2.7: __flush__ is 404 unless enabled', async () => {
  const { request } = await openService()
  const answer = await request('POST', '/v1/__flush__')
  assert.deepEqual([answer.status, answer.body.errno], [404, 111])
  assert.equal((await request('GET', '/v1/')).body.capabilities instanceof Object, true)
  assert.doesNotMatch((await request('GET', '/v1/')).text, /flush_endpoint/)
})

for (const backend of usableBackends) {
  test(`R2.7: __flush__ deletes everything everywhere, and is a capability (${backend})`, async () => {
    const { request, service } = await openService({
      backend,
      settings: { flush_endpoint_enabled: true },
      prepare: (added) => void added.resource('article', { schema: { title: Type.String() } }),
    })
    await request('POST', '/v1/articles', { body: { data: { title: 'gone soon' } } })
    await service.app.cache.set('kept', 1, 60_000)
    const flushed = await request('POST', '/v1/__flush__', { auth: null })
    assert.deepEqual([flushed.status, flushed.body], [202, {}])
    assert.deepEqual((await request('GET', '/v1/articles?_since=0')).records, [])
    assert.equal(await service.app.cache.get('kept'), undefined)
    const { capabilities } = (await request('GET', '/v1/')).body
    assert.ok(capabilities instanceof Object && 'flush_endpoint' in capabilities)
    assert.equal((await request('GET', '/v1/__flush__')).status, 405)
  })
}
