import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaseRedisDatabase } from '../../src/drivers/redis/database.ts'
import type { GivenSettings, Service, StartStep } from '../../src/index.ts'
import { batch } from '../protocol/batch-exchange.ts'
import { openService, type Send } from '../protocol/service-under-test.ts'
import { principalOf, uuid } from '../resource/http/scenario.ts'
import { redisUrl, skipWithout } from '../servers/server-urls.ts'
import { rememberErrors } from './request-logs.ts'

const skip = skipWithout(redisUrl, 'Redis')
const prepare = (service: Service): void => {
  service.resource('note', { schema: {} })
}
const data = (fields: object) => ({ body: { data: fields } })
let count = 0
const listname = (): string => `events-${process.pid}-${++count}`

/** Takes everything from a list, as those do who work on the events. */
async function drain(list: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { value: database, release } = leaseRedisDatabase({ url: String(redisUrl) })
  try {
    const texts: string[] = []
    for (let text = await database.call('rpop', [list]); text !== null; text = await database.call('rpop', [list])) texts.push(String(text))
    return texts.map((text) => JSON.parse(text))
  } finally {
    await release()
  }
}

/** Does something with a service whose events go to Redis, and closes it. @returns its warnings, then the errors about requests */
async function play(settings: GivenSettings, work: (send: Send) => Promise<void>): Promise<readonly string[]> {
  const warned: string[] = []
  const ears: StartStep = {
    name: 'ears',
    run({ app }) {
      app.log.warn = (...words: unknown[]) => void warned.push(String(words.at(-1)))
    },
  }
  const { request, service, close } = await openService({ prepare, settings, steps: [{ after: 'routes', add: ears }] })
  const errors = rememberErrors(service.app)
  await work(request)
  await close()
  return [...warned, ...errors.map(({ message }) => message)]
}

test('Events are put into a list as JSON, in the order of the commits', { skip }, async () => {
  const list = listname()
  let expected: unknown
  const settings = { event_listeners: 'redis', 'event_listeners.redis.url': redisUrl, 'event_listeners.redis.listname': list }
  const warned = await play(settings, async (send) => {
    const { record } = await send('PUT', `/v1/notes/${uuid(1)}`, data({ title: 'ä' }))
    const { record: patched } = await send('PATCH', `/v1/notes/${uuid(1)}`, data({ size: 1 }))
    await batch(
      send,
      [2, 3].map((id) => ({ method: 'PUT', path: `/notes/${uuid(id)}`, body: { data: {} } })),
    )
    const { record: gone } = await send('DELETE', `/v1/notes/${uuid(1)}`)
    const common = { uri: '/notes', user_id: principalOf('mat:secret'), resource_name: 'note', parent_id: principalOf('mat:secret') }
    expected = [
      { ...common, action: 'create', timestamp: record.last_modified, impacted: [{ new: record }] },
      { ...common, action: 'update', timestamp: patched.last_modified, impacted: [{ new: patched, old: record }] },
      { ...common, action: 'delete', timestamp: gone.last_modified, impacted: [{ new: gone, old: patched }] },
      [],
    ]
  })
  const [created, updated, ofBatch, deleted, ...others] = await drain(list)
  assert.deepEqual([created, updated, deleted, others], expected)
  const impacted = ofBatch?.impacted as readonly { new: { id: string } }[] | undefined // of two creates
  assert.deepEqual(
    impacted?.map((entry) => entry.new.id),
    [uuid(2), uuid(3)],
  )
  assert.deepEqual(warned, [])
})

test('The name and the settings of the original are understood: list cliquet.events, pool_size', { skip }, async () => {
  await drain('cliquet.events')
  const settings = {
    event_listeners: 'queue',
    'event_listeners.queue.use': 'cliquet.listeners.redis',
    'event_listeners.queue.url': redisUrl,
    'event_listeners.queue.pool_size': 5,
  }
  const warned = await play(settings, (send) => send('POST', '/v1/notes', data({})).then(() => {}))
  assert.equal((await drain('cliquet.events')).length, 1)
  assert.match(
    warned[0] ?? '',
    /"event_listeners\.queue\.use": the listener cliquet\.listeners\.redis of the original is called cliquet\/listeners\/redis now/,
  )
  assert.match(warned[1] ?? '', /pool_size of a listener has no effect/)
  assert.equal(warned.length, 2)
  await play({ event_listeners: 'cliquet.listeners.redis', 'event_listeners.redis.url': redisUrl }, (send) =>
    send('POST', '/v1/notes', data({})).then(() => {}),
  )
  assert.equal((await drain('cliquet.events')).length, 1)
})

test('A Redis that is not there keeps no service from starting and no client from writing; it is logged', { skip }, async () => {
  const settings = { event_listeners: 'redis', 'event_listeners.redis.url': 'redis://127.0.0.1:1' }
  const heard = await play(settings, async (send) => {
    assert.equal((await send('POST', '/v1/notes', data({}))).status, 201)
    assert.equal((await send('GET', '/v1/notes')).records.length, 1)
  })
  assert.match(heard[0] ?? '', /the Redis of a listener is not reached/)
  assert.deepEqual(heard.slice(1), ['a listener has failed'])
})
