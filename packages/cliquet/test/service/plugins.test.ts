import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CliquetPlugin, Type } from '../../src/index.ts'
import { openService, temporaryFolder } from '../protocol/service-under-test.ts'
import { startError } from './start-error.ts'

/** A plugin in a file of its own, and the path of the file. */
function pluginFile(code: string, name = 'quotas.mjs'): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, code)
  return file
}

const notes: CliquetPlugin = {
  name: 'notes',
  settings: { batch_max_requests: 3, note_create_principals: 'system.Everyone' },
  capabilities: { notes: { description: 'Notes.', url: 'https://example.com/notes' } },
  heartbeats: { notes: () => true },
  resources: { note: { schema: { text: Type.String() }, shared: true } },
  views: [async (app) => void app.get('/notes-count', { config: { public: true } }, async () => ({ count: 0 }))],
  policies: [
    { name: 'letmein', challenge: 'Letmein', authenticate: ({ authorization }) => (authorization === 'Letmein mat' ? 'mat' : undefined) },
  ],
  steps: [{ remove: 'version' }],
}

test('A plugin brings settings, capabilities, heartbeats, resources, views, policies and changes of the steps', async () => {
  const { request } = await openService({ plugins: [notes], settings: { 'multiauth.policies': 'letmein basicauth' } })
  const { body } = await request('GET', '/v1/', { auth: null, headers: { authorization: 'Letmein mat' } })
  assert.equal((body.settings as { batch_max_requests: number }).batch_max_requests, 3) // R2.2
  assert.ok('notes' in (body.capabilities as object)) // R2.2
  assert.equal((body.user as { id: string }).id, 'letmein:mat') // R2.2
  assert.equal((await request('GET', '/v1/__heartbeat__')).body.notes, true)
  assert.equal((await request('POST', '/v1/notes', { body: { data: { text: 'a' } } })).status, 201)
  assert.deepEqual((await request('GET', '/v1/notes-count', { auth: null })).body, { count: 0 })
  assert.equal((await request('GET', '/v1/__version__')).status, 404)
})

test('What is set wins over the settings that a plugin brings', async () => {
  const { request } = await openService({ plugins: [notes], settings: { batch_max_requests: 7 } })
  assert.equal(((await request('GET', '/v1/')).body.settings as { batch_max_requests: number }).batch_max_requests, 7) // R2.2
})

test('A plugin that a setting names has settings of its own, also from the environment', async () => {
  const file = pluginFile(`
    export const plugin = {
      name: 'anything',
      setUp(start, settings) {
        const limit = settings.required('limit')
        const kind = settings.choice('kind', ['soft', 'hard'])
        start.views.push(async (app) => void app.get('/quota', async () => ({ limit, kind, storage: start.need('storage') === app.storage })))
      },
    }`)
  process.env.CLIQUET_PLUGIN_QUOTAS_KIND = 'hard'
  try {
    const { request } = await openService({ settings: { includes: file, 'plugin.quotas.limit': '12' } })
    assert.deepEqual((await request('GET', '/v1/quota')).body, { limit: '12', kind: 'hard', storage: true })
  } finally {
    delete process.env.CLIQUET_PLUGIN_QUOTAS_KIND
  }
})

test('Mistakes about plugins are errors at the start', async () => {
  const file = pluginFile('export const plugin = { name: "quotas", setUp: (_start, settings) => void settings.text("limit") }')
  assert.match(
    await startError({ settings: { includes: file, 'plugin.quotas.limt': '1' } }),
    /unknown setting "plugin\.quotas\.limt": did you mean "plugin\.quotas\.limit"\?/,
  )
  const needs = pluginFile('export const plugin = { name: "quotas", setUp: (_start, settings) => void settings.required("limit") }')
  assert.match(await startError({ settings: { includes: needs } }), /setting "plugin\.quotas\.limit" must be set/)
  const empty = pluginFile('export const other = 1')
  assert.match(
    await startError({ settings: { includes: empty } }),
    /"includes": the module .* must export a plugin: \{ name, … \} as `plugin`/,
  )
  assert.match(await startError({ settings: { includes: './nowhere.mjs' } }), /"includes": the module \.\/nowhere\.mjs can't be loaded/)
  assert.match(await startError({ plugins: [notes, notes] }), /two plugins with the name "notes"/)
  assert.match(
    await startError({ plugins: [notes], capabilities: { notes: { description: '', url: '' } } }),
    /plugin "notes" declares the capability "notes"/,
  )
})
