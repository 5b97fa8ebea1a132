import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CliquetOptions, ConfigurationError, createService, type StartStep, Type } from '../../src/index.ts'
import { changedSequence } from '../../src/service/startup/sequence.ts'
import { backendSettings, openService, temporaryFolder } from '../protocol/service-under-test.ts'

const named = (...names: readonly string[]) => names.map((name) => ({ name }))
const names = (steps: readonly { readonly name: string }[]): string => steps.map(({ name }) => name).join(' ')

/** A module of a folder that only this test uses, and its path. */
function moduleWith(code: string, name = 'step.mjs'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, code)
  return file
}

async function startError(options: Partial<CliquetOptions>): Promise<string> {
  try {
    const service = createService({ name: 'test', version: '1.0', ...options, settings: { ...backendSettings(), ...options.settings } })
    await service.ready()
    await service.close()
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error))
    return error.message
  }
  return assert.fail('the service has started')
}

test('Steps are removed, replaced and added before and after others, each change on what the last one left', () => {
  const [x = { name: '' }, y = { name: '' }] = named('x', 'y')
  const changes = [{ remove: 'b' }, { after: 'a', add: x }, { before: 'x', add: y }, { replace: 'c', with: { name: 'z' } }]
  assert.equal(names(changedSequence(named('a', 'b', 'c'), changes)), 'a y x z')
})

test('An unknown step is an error that names the nearest, a name used twice is one too', () => {
  assert.throws(() => changedSequence(named('storage', 'cache'), [{ remove: 'storrage' }]), /no step "storrage": did you mean "storage"\?/)
  assert.throws(() => changedSequence(named('a', 'b'), [{ after: 'a', add: { name: 'b' } }]), /two steps .* "b"/)
})

test('A step that is removed takes its endpoint with it, in code and by setting', async () => {
  const inCode = await openService({ steps: [{ remove: 'openapi' }] })
  const bySetting = await openService({ settings: { steps_removed: 'openapi version' } })
  for (const { request } of [inCode, bySetting]) {
    assert.equal((await request('GET', '/v1/__api__')).status, 404)
    assert.equal((await request('GET', '/v1/__heartbeat__')).status, 200)
  }
  assert.equal((await bySetting.request('GET', '/v1/__version__')).status, 404)
})

test('A step that is added sees what those before it have made', async () => {
  const seen: boolean[] = []
  const step: StartStep = {
    name: 'quota',
    run(start) {
      seen.push(start.need('storage') === start.app.storage)
      start.capabilities.set('quota', { description: 'No more than you may.', url: '' })
      start.scope.get('/quota', { config: { public: true } }, async () => ({ left: 1 }))
    },
  }
  const { request } = await openService({ steps: [{ after: 'authentication', add: step }] })
  assert.deepEqual(seen, [true])
  assert.deepEqual((await request('GET', '/v1/quota')).body, { left: 1 })
  assert.ok('quota' in ((await request('GET', '/v1/')).body.capabilities as object)) // R2.2
})

test('A module that a setting names takes the place of a step, or a place beside one', async () => {
  const greeting = moduleWith(
    `export const step = { name: 'greeting', run: ({ scope }) => void scope.get('/greeting', async () => ({ hello: 'you' })) }`,
  )
  const own = moduleWith(
    `export const step = { name: 'version', run: ({ scope }) => void scope.get('/__version__', async () => ({ version: 'own' })) }`,
  )
  const { request } = await openService({ settings: { steps_after: `views=${greeting}`, steps_replaced: `version=${own}` } })
  assert.deepEqual((await request('GET', '/v1/greeting')).body, { hello: 'you' })
  assert.deepEqual((await request('GET', '/v1/__version__')).body, { version: 'own' })
})

test('The whole sequence can be set, as in the original', async () => {
  const sequence = 'http routes storage permission cache policies requests events prefix authentication hello resources includes views'
  const { request } = await openService({
    settings: { initialization_sequence: sequence },
    prepare: (service) => void service.resource('article', { schema: { title: Type.Optional(Type.String()) } }),
  })
  assert.equal((await request('POST', '/v1/articles', { body: { data: {} } })).status, 201)
  assert.equal((await request('GET', '/v1/__heartbeat__')).status, 404)
})

test('Mistakes about steps are errors at the start', async () => {
  assert.match(await startError({ settings: { steps_removed: 'opanapi' } }), /no step "opanapi": did you mean "openapi"\?/)
  assert.match(
    await startError({ settings: { steps_after: 'views' } }),
    /"steps_after": "views" must be the name of a step, "=" and a module/,
  )
  const empty = moduleWith('export const other = 1')
  assert.match(
    await startError({ settings: { steps_after: `views=${empty}` } }),
    /must export a step of the start: \{ name, run\(start\) \} as `step`/,
  )
  const wrong = moduleWith('export const step = { name: 1 }')
  assert.match(
    await startError({ settings: { steps_after: `views=${wrong}` } }),
    /`step` of the module .* must be \{ name, run\(start\) \}/,
  )
  assert.match(await startError({ settings: { steps_after: 'views=./nowhere.mjs' } }), /the module \.\/nowhere\.mjs can't be loaded/)
  assert.match(await startError({ settings: { steps_removed: 'storage' } }), /needs what the step "storage" makes/)
  assert.match(await startError({ settings: { steps_removed: 'prefix' } }), /can't do without the step "prefix"/)
})
