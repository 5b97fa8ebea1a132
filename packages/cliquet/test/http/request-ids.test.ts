import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { cliquet, type Views } from '../../src/index.ts'
import { backendSettings, openService } from '../protocol/service-under-test.ts'

/** Tells by which id a request is known. */
const views: Views[] = [async (app) => void app.get('/id', { config: { public: true } }, async ({ id }) => ({ id }))]

test('a request has the id that it brings, and the answer says so', async () => {
  const { request } = await openService({ views })
  for (const id of ['4bf92f35-77b3-4da6', 'Root=1-67891233:abc/d+e_f@g.h', 'x'.repeat(128)]) {
    const { headers, body } = await request('GET', '/v1/id', { headers: { 'X-Request-Id': id } })
    assert.deepEqual([headers['x-request-id'], body.id], [id, id])
  }
})

test('an id that could not stand in a log, or none, is replaced by one that no other request has', async () => {
  const { request } = await openService({ views })
  const seen = new Set<unknown>()
  for (const id of ['', 'x'.repeat(129), 'two words', '"quoted"', 'a;b', 'é', '<script>', undefined]) {
    const { headers, body } = await request('GET', '/v1/id', { headers: { 'X-Request-Id': id } })
    assert.match(String(body.id), /^[0-9a-f]{12}-\d+$/)
    assert.equal(headers['x-request-id'], body.id)
    seen.add(body.id)
  }
  assert.equal(seen.size, 8)
  const other = await openService({ views })
  assert.notEqual((await other.request('GET', '/v1/id')).headers['x-request-id']?.split('-')[0], String([...seen][0]).split('-')[0])
})

test('every answer has an id: errors, redirections, preflights, paths that can not be read', async () => {
  const { request } = await openService({ views })
  for (const [method, path] of [
    ['GET', '/v1/nowhere'],
    ['GET', '/'],
    ['OPTIONS', '/v1/'],
    ['GET', '/v1/%ff'],
    ['PUT', '/v1/'],
  ]) {
    const { headers } = await request(method ?? '', path ?? '', { headers: { 'X-Request-Id': 'mine' } })
    assert.equal(headers['x-request-id'], 'mine', path)
  }
})

test('requests inside a batch have the id of the batch, whatever they say, and their answers need not repeat it', async () => {
  const { request } = await openService({ views })
  const requests = [{ path: '/id' }, { path: '/id', headers: { 'X-Request-Id': 'own' } }]
  for (const headers of [{ 'X-Request-Id': 'outer' }, {}]) {
    const answer = await request('POST', '/v1/batch', { headers, body: { requests } })
    const parts = answer.body.responses as readonly { headers: Record<string, string>; body: { id: string } }[] // R11.10
    assert.deepEqual(
      parts.map(({ body, headers: shown }) => [body.id, 'x-request-id' in shown]),
      [
        [answer.headers['x-request-id'], false],
        [answer.headers['x-request-id'], false],
      ],
    )
  }
})

test("inside somebody's application the ids are the application's", async (t) => {
  let count = 0
  const app = fastify({ genReqId: () => `host-${++count}` })
  t.after(() => app.close())
  await app.register(cliquet, { name: 'test', version: '1.0', settings: backendSettings(), views })
  const own = await app.inject({ url: '/v1/id', headers: { 'X-Request-Id': 'outer' } })
  assert.deepEqual([own.headers['x-request-id'], own.json().id], ['host-1', 'host-1'])
  const batch = await app.inject({ method: 'POST', url: '/v1/batch', payload: { requests: [{ path: '/id' }, { path: '/id' }] } })
  assert.deepEqual(
    batch.json().responses.map(({ body }: { body: unknown }) => body),
    [{ id: 'host-2' }, { id: 'host-2' }],
  )
})
