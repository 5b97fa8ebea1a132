import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ownSchema, runSql } from '../servers/postgresql-schema.ts'
import { postgresUrl, skipWithout } from '../servers/server-urls.ts'
import { cliquetUrl, folderWith, runCommand } from './command-process.ts'

const described = '{"name": "games", "type": "module"}'
const onMemory = { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/memory' }

/** A file that is written by what a module does too much. */
const trace = "import { writeFileSync } from 'node:fs'\nconst trace = (name) => writeFileSync(name, '')\n"

const creation = `
  import { createService, Type } from '${cliquetUrl}'
  console.log('this is no SQL')
  const tables = [{ title: 'a table', sql: (at) => \`create table \${at}visits(n integer)\` }]
  const plugin = { name: 'visits', migrations: { postgresql: tables, sqlite: tables, optional: true } }
  const service = createService({ name: 'games', version: '1.0', plugins: [plugin], settings: { log_level: 'info', statsd_url: 'udp://127.0.0.1:1' } })
  service.resource('game', { schema: { url: Type.String() }, uniqueFields: ['url'] })
  service.app.addHook('onReady', async () => trace('ready'))
  service.app.addHook('onListen', async () => trace('listening'))
`

/** Modules of one and the same service. */
const modules: Readonly<Record<string, string>> = {
  'exports it': `${trace}${creation}\nexport default service`,
  'exports it by name, and goes on by itself': `${trace}${creation}\nexport { service }\nsetInterval(() => {}, 1000)`,
  'starts it by itself': `${trace}${creation}\nawait service.listen({ port: 0 })\ntrace('started')\nprocess.exit(3)`,
  'starts it later': `${trace}${creation}\nsetTimeout(() => service.listen({ port: 0 }).then(() => trace('started')), 100)`,
}

const traces = ['ready', 'listening', 'started']

describe('cliquet migrate with the module of a service', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  for (const [title, code] of Object.entries(modules)) {
    test(`that ${title} learns its resources and plugins, and starts nothing`, async () => {
      const url = ownSchema(`migrate_${title.replace(/\W/g, '')}`)
      const schema = new URL(url).searchParams.get('schema') ?? ''
      const cwd = folderWith({ 'package.json': described, 'server.js': code })
      const env = {
        CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql',
        CLIQUET_STORAGE_URL: url,
        CLIQUET_CACHE_BACKEND: 'cliquet/cache/memory',
      }
      const migrate = (...args: readonly string[]) => runCommand(['migrate', ...args], { cwd, env })

      const shown = await migrate('--dry-run')
      assert.equal(shown.code, 0, shown.stderr)
      const sql = `create unique index concurrently "field_[0-9a-f]{24}" on "${schema}".records`
      assert.match(shown.stdout, new RegExp(`^-- storage in \\S+: unique index of url of game\\n${sql}`, 'm'))
      assert.match(shown.stdout, /^-- plugin visits in \S+, step 1: a table$/m)
      assert.doesNotMatch(shown.stdout, /no SQL|not built yet/)
      assert.deepEqual(await runSql(url, `select 1 from pg_namespace where nspname='${schema}'`), [])

      const done = await migrate('./server.js')
      assert.equal(done.code, 0, done.stderr)
      assert.match(done.stdout, /^storage in \S+: unique index of url of game$/m)
      assert.equal((await migrate()).stdout.match(/ nothing is to be done/g)?.length, 4)
      assert.deepEqual(
        traces.filter((name) => existsSync(join(cwd, name))),
        [],
      )
    })
  }

  test('a service then starts with a user who may not change tables', async () => {
    const url = ownSchema('migrate_limited')
    const schema = new URL(url).searchParams.get('schema') ?? ''
    const role = `limited_${process.pid}`
    const start = `
      const limited = new URL(process.env.CLIQUET_STORAGE_URL)
      limited.username = '${role}'
      limited.password = 'secret'
      process.env.CLIQUET_STORAGE_URL = limited.href
      const { service } = await import('./server.js')
      await service.ready()
      console.log('it is ready')
      await service.close()
    `
    const cwd = folderWith({ 'package.json': described, 'server.js': `${trace}${creation}\nexport { service }`, 'start.js': start })
    const env = { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql', CLIQUET_STORAGE_URL: url }
    assert.equal((await runCommand(['migrate'], { cwd, env })).code, 0)
    await runSql(
      url,
      `create role ${role} login password 'secret'`,
      `grant usage on schema "${schema}" to ${role}`,
      `grant select,insert,update,delete on all tables in schema "${schema}" to ${role}`,
    )
    try {
      const { stdout, stderr } = await runCommand(['start', 'start.js'], { cwd, env })
      assert.match(stdout, /it is ready/, stderr)
    } finally {
      await runSql(url, `drop owned by ${role}`, `drop role ${role}`)
    }
  })
})

test('migrate takes the settings that the module gives in code', async () => {
  const settings = "{ storage_backend: 'cliquet/storage/sqlite', storage_url: 'elsewhere/code.sqlite' }"
  const code = `import { createService } from '${cliquetUrl}'\nexport default createService({ name: 'x', version: '1.0', settings: ${settings} })`
  const cwd = folderWith({ 'package.json': described, 'service.js': code })
  const { code: exit, stdout, stderr } = await runCommand(['migrate', '--dry-run'], { cwd })
  assert.equal(exit, 0, stderr)
  assert.match(stdout, /^-- storage in \S+elsewhere\/code\.sqlite, step 1/m)
})

test('migrate fails as the start would: with what is wrong with the service', async () => {
  const code = `import { createService } from '${cliquetUrl}'
    export default createService({ name: 'x', version: '1.0', settings: { log_level: 'silent' } }).resource('bad name', { schema: {} })`
  const cwd = folderWith({ 'package.json': described, 'server.js': code })
  const { code: exit, stderr } = await runCommand(['migrate'], { cwd, env: onMemory })
  assert.deepEqual([exit, stderr], [1, 'cliquet migrate: resource "bad name": a name has letters, digits, - and _ only\n'])
})

const hosted = `${trace}
  import { createRequire } from 'node:module'
  import { cliquet } from '${cliquetUrl}'
  const fastify = createRequire('${cliquetUrl}')('fastify')
  const app = fastify()
  app.addHook('onReady', async () => trace('ready'))
  await app.register(cliquet, { name: 'games', version: '1.0' })
  await app.listen({ port: 0 })
`

const others: readonly (readonly [title: string, code: string, reason: RegExp])[] = [
  ['is no service', 'export const nothing = 1', /exports no service, and starts none/],
  ['ends its process', 'process.exit(0)', /exports no service, and starts none/],
  ["can't be imported", "import 'no-such-package-at-all'", /can't be imported \(Cannot find package 'no-such-package-at-all'/],
  ['has the service in an application of its own', hosted, /has the service in an application of its own/],
]

for (const [title, code, reason] of others) {
  test(`a module that ${title} is told, and fails the command only if it was named`, async () => {
    const cwd = folderWith({ 'package.json': described, 'server.js': code })
    const found = await runCommand(['migrate'], { cwd, env: onMemory })
    assert.equal(found.code, 0, found.stderr)
    assert.match(
      found.stderr,
      new RegExp(`^cliquet migrate: \\S+server\\.js ${reason.source}.*: indexes of fields are left to the start\\n$`, 's'),
    )
    assert.match(found.stdout, /^storage: nothing is to be done/)
    const named = await runCommand(['migrate', 'server.js'], { cwd, env: onMemory })
    assert.equal(named.code, 1)
    assert.match(named.stderr, reason)
    assert.equal(named.stdout, '')
    assert.equal(existsSync(join(cwd, 'ready')), false)
  })
}

test('migrate without a module goes by the settings, and one that is named must be there', async () => {
  const cwd = folderWith({ 'package.json': '{"name": "games", "main": "not-built.js"}' })
  assert.equal((await runCommand(['migrate'], { cwd, env: onMemory })).code, 0)
  const { code, stderr } = await runCommand(['migrate', 'gone.js'], { cwd, env: onMemory })
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet migrate: there is no gone\.js: name the module of the service, as in: cliquet migrate server\.ts\n$/)
})
