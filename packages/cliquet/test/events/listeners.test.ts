import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GivenSettings, Service } from '../../src/index.ts'
import { post } from '../protocol/batch-exchange.ts'
import { backendSettings, openService, type Send, temporaryFolder } from '../protocol/service-under-test.ts'
import { uuid } from '../resource/http/scenario.ts'
import { startError } from '../service/start-error.ts'
import { rememberErrors } from './request-logs.ts'

const prepare = (service: Service): void => {
  service.resource('note', { schema: {} })
  service.resource('sheet', { schema: {} })
}
const data = (fields: object) => ({ body: { data: fields } })
const path = `/v1/notes/${uuid(1)}`

/** A listener in a file of its own, and the path of the file. */
function listenerFile(code: string, name = 'audit.mjs'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, code)
  return file
}

/** What listeners of this process have said: they are modules, which share nothing with the test but this. */
const said: string[] = []
Object.assign(globalThis, { said })

const talking = `
  export const createListener = ({ name, settings }) => {
    const greeting = settings.text('greeting') ?? 'told'
    const refuses = settings.flag('refuses', false)
    return {
      beforeCommit: settings.flag('early', false),
      async run(event, { storage }) {
        const { total } = await storage.count({ parentId: event.parentId, resource: event.resourceName }, [])
        said.push([name, greeting, event.type, event.action, event.resourceName, event.impacted.length, total].join(' '))
        if (refuses) throw Object.assign(new Error('no'), { statusCode: 418 })
      },
      async prepare() { said.push(name + ' is prepared') },
      async close() { said.push(name + ' is closed') },
    }
  }`

/** Opens a service with listeners, does something, and closes it. @returns what the listeners said */
async function play(settings: GivenSettings, work: (send: Send) => Promise<void>): Promise<readonly string[]> {
  said.length = 0
  const { request, close } = await openService({ prepare, settings })
  await work(request)
  await close()
  return [...said]
}

async function everything(send: Send): Promise<void> {
  await send('PUT', path, data({}))
  await send('GET', path)
  await send('PATCH', path, data({ a: 1 }))
  await send('POST', '/v1/sheets', data({}))
  await send('DELETE', path)
}

test('A listener by its module hears of all changes after their commits, and is closed with the service', async () => {
  assert.deepEqual(await play({ event_listeners: listenerFile(talking) }, everything), [
    'audit is prepared',
    'audit told AfterResourceChanged create note 1 1',
    'audit told AfterResourceChanged update note 1 1',
    'audit told AfterResourceChanged create sheet 1 1',
    'audit told AfterResourceChanged delete note 1 0',
    'audit is closed',
  ])
})

test('Settings choose actions and resources, and give the listener its own', async () => {
  const use = listenerFile(talking)
  const settings = {
    event_listeners: 'one two',
    'event_listeners.one.use': use,
    'event_listeners.one.actions': 'create read',
    'event_listeners.one.resources': 'note',
    'event_listeners.two.use': use,
    'event_listeners.two.actions': 'delete',
    'event_listeners.two.greeting': 'heard',
  }
  const told = await play(settings, everything)
  assert.deepEqual(told.slice(0, -2), [
    'one is prepared',
    'two is prepared',
    'one told AfterResourceChanged create note 1 1',
    'one told AfterResourceRead read note 1 1',
    'two heard AfterResourceChanged delete note 1 0',
  ])
  assert.deepEqual(told.slice(-2).sort(), ['one is closed', 'two is closed'])
})

test('A listener before the commit works in the transaction, and can refuse', async () => {
  const settings = { event_listeners: 'audit', 'event_listeners.audit.use': listenerFile(talking), 'event_listeners.audit.early': true }
  assert.deepEqual((await play(settings, everything)).slice(1, 3), [
    'audit told ResourceChanged create note 1 1',
    'audit told ResourceChanged update note 1 1',
  ])
  const refusing = { ...settings, ...backendSettings('sqlite'), 'event_listeners.audit.refuses': 'yes' }
  await play(refusing, async (send) => {
    assert.equal((await send('PUT', path, data({}))).status, 418)
    assert.equal((await send('GET', path)).status, 404)
  })
})

test('Answers do not wait for a listener after the commit; what fails is logged, and the end of the service waits', async () => {
  const file = listenerFile(`
    export const createListener = () => ({
      async run() {
        await new Promise((resolve) => globalThis.letGo = resolve)
        said.push('done')
        throw new Error('the queue is full')
      },
    })`)
  said.length = 0
  const { request, close, service } = await openService({ prepare, settings: { event_listeners: file } })
  const logged = rememberErrors(service.app)
  assert.equal((await request('POST', '/v1/notes', data({}))).status, 201)
  assert.deepEqual(said, [])
  const closing = close()
  await sleep(50)
  assert.deepEqual(said, [])
  const { letGo } = globalThis as { letGo?: () => void } // the listener has put it there
  letGo?.()
  await closing
  assert.deepEqual(said, ['done'])
  assert.deepEqual(
    logged.map(({ err, listener, message }) => [err.message, listener, message]),
    [['the queue is full', 'audit', 'a listener has failed']],
  )
})

test('With a thousand events of a listener under way an answer waits, so that they do not pile up', async () => {
  const file = listenerFile(`
    export const createListener = () => ({ run: () => new Promise((resolve) => { said.push('begun'); globalThis.ends.push(resolve) }) })`)
  said.length = 0
  const ends: (() => void)[] = []
  Object.assign(globalThis, { ends })
  // Each request of such a batch is on its own, and the listener is told of each.
  const settings = { event_listeners: file, transaction_per_request: false, batch_max_requests: 0 }
  const { request, close } = await openService({ prepare, settings })
  const create = (count: number) =>
    post(request, { defaults: { method: 'POST', path: '/notes' }, requests: Array.from({ length: count }, () => ({})) })
  assert.equal((await create(1000)).status, 200)
  assert.equal(said.length, 1000)
  let isAnswered = false
  const last = create(1).then(() => {
    isAnswered = true
  })
  while (said.length < 1001) await sleep(5)
  await sleep(50)
  assert.equal(isAnswered, false)
  for (const end of ends) end()
  await last
  await close()
})

test('Each listener is timed, also when it fails', async () => {
  const metrics = listenerFile(`
    const nothing = () => {}
    const time = (name, milliseconds) => { if (name.startsWith('listeners.')) said.push(name + ' ' + (milliseconds >= 0)) }
    export const createMetrics = () => ({ count: nothing, time, observe: nothing, gauge: nothing, close: async () => {} })`)
  const failing = listenerFile('export const createListener = () => ({ run() { throw new Error("no") } })', 'failing.mjs')
  const settings = { event_listeners: `${listenerFile(talking)} ${failing}`, metrics_backend: metrics }
  const told = await play(settings, (send) => send('POST', '/v1/notes', data({})).then(() => {}))
  assert.deepEqual(told.filter((line) => line.startsWith('listeners.')).sort(), ['listeners.audit true', 'listeners.failing true'])
})

test('A listener has settings from the environment, too', async () => {
  process.env.CLIQUET_EVENT_LISTENERS_AUDIT_GREETING = 'shouted'
  try {
    const told = await play({ event_listeners: listenerFile(talking) }, (send) => send('POST', '/v1/notes', data({})).then(() => {}))
    assert.equal(told[1], 'audit shouted AfterResourceChanged create note 1 1')
  } finally {
    delete process.env.CLIQUET_EVENT_LISTENERS_AUDIT_GREETING
  }
})

test('Mistakes about listeners are errors at the start, with the nearest right name', async () => {
  const use = listenerFile(talking)
  const audit = { event_listeners: 'audit', 'event_listeners.audit.use': use }
  const messages: readonly (readonly [GivenSettings, RegExp])[] = [
    [{ event_listeners: 'rdis' }, /"event_listeners": unknown listener "rdis": did you mean "redis"\?/],
    [{ event_listeners: 'audit' }, /unknown listener "audit", unless the setting "event_listeners\.audit\.use" names its module/],
    [
      { event_listeners: 'cliquet/listeners/redi' },
      /the module cliquet\/listeners\/redi can't be loaded: did you mean cliquet\/listeners\/redis\?/,
    ],
    [{ event_listeners: './nowhere.mjs' }, /the module \.\/nowhere\.mjs can't be loaded/],
    [{ event_listeners: `${use} audit` }, /there are two listeners with the name "audit"/],
    [
      { ...audit, 'event_listeners.audit.use': listenerFile('export const other = 1') },
      /"event_listeners\.audit\.use": the module .* must export a function createListener/,
    ],
    [
      { ...audit, 'event_listeners.audit.greting': 'x' },
      /unknown setting "event_listeners\.audit\.greting": did you mean "event_listeners\.audit\.greeting"\?/,
    ],
    [
      { ...audit, 'event_listeners.audit.actions': 'create updat' },
      /"event_listeners\.audit\.actions" must be words of create, update, delete, read: did you mean "update"\?/,
    ],
    [
      { ...audit, 'event_listeners.audit.resources': 'notes' },
      /"event_listeners\.audit\.resources" names the resource "notes", .*: did you mean "note"\?/,
    ],
    [{ event_listeners: 'redis' }, /"event_listeners\.redis\.url" must be set/],
    [
      { event_listeners: 'redis', 'event_listeners.redis.url': 'http://u:geheim@x' },
      /"event_listeners\.redis\.url" must be the URL of a Redis: (?!.*geheim)/,
    ],
  ]
  for (const [settings, message] of messages) assert.match(await startError({ settings }, prepare), message)
})
