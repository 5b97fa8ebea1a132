import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ownSchema } from '../../packages/cliquet/test/servers/postgresql-schema.ts'
import { postgresUrl, redisUrl, skipWithout } from '../../packages/cliquet/test/servers/server-urls.ts'
import { createCleanup } from '../reference/cleanup.ts'
import { plainEnvironment } from '../reference/servers.ts'
import { startServiceCommand } from '../reference/service-command.ts'
import { repositoryRoot } from '../reference/shared-folder.ts'
import { findFreePort } from '../servers/free-port.ts'

const folder = join(repositoryRoot, 'deploy/service')
const cliquet = join(repositoryRoot, 'packages/cliquet/src/cli/main.ts')

const run = (args: readonly string[], environment: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [cliquet, ...args, '--config', 'production.ini'], {
    cwd: folder,
    env: { ...plainEnvironment(), ...environment },
  })

/** `NAME=value` on lines of their own. */
const variables = (file: string): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(join(repositoryRoot, 'deploy', file), 'utf8').matchAll(/^\s*(?:- )?([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ]),
  )

for (const { where, files } of [
  { where: 'containers', files: ['docker/environment.example'] },
  { where: 'Kubernetes', files: ['kubernetes/secret.env.example', 'kubernetes/kustomization.yaml'] },
]) {
  test(`the settings for ${where} are settings, and all that production needs`, async () => {
    const environment = Object.assign({}, ...files.map(variables))
    assert.ok(Object.keys(environment).length >= 5)
    const { stdout, stderr } = await run(['settings', '--json'], environment)
    assert.equal(stderr, '')
    const { settings, ignored } = JSON.parse(stdout)
    const shown = new Map(settings.map(({ name, place }: { name: string; place: string }) => [name, place]))
    for (const name of ['storage_url', 'cache_url', 'userid_hmac_secret', 'http_host'])
      assert.equal(shown.get(name), `CLIQUET_${name.toUpperCase()}`)
    assert.deepEqual(ignored, [])
  })
}

const skip = skipWithout(postgresUrl, 'PostgreSQL') || skipWithout(redisUrl, 'Redis')

test('the service that is deployed migrates and starts on PostgreSQL and Redis', { skip }, async (t) => {
  const cleanup = createCleanup()
  t.after(() => cleanup.run())
  const environment = {
    CLIQUET_STORAGE_URL: ownSchema('deployed'),
    CLIQUET_CACHE_URL: redisUrl ?? '',
    CLIQUET_USERID_HMAC_SECRET: 'only for tests',
    CLIQUET_HTTP_HOST: 'bookmarks.example.org',
  }
  await run(['migrate'], environment)
  const again = await run(['migrate', '--dry-run'], environment)
  assert.doesNotMatch(again.stdout, /create table/i)
  const port = await findFreePort()
  const service = await startServiceCommand({ folder, args: ['server.ts', '--config', 'production.ini'], port, environment }, cleanup)
  const heartbeat = await fetch(`http://127.0.0.1:${port}/v1/__heartbeat__`)
  assert.deepEqual(await heartbeat.json(), { storage: true, permission: true, cache: true })
  const hello = (await (await fetch(`http://127.0.0.1:${port}/v1/`)).json()) as { url: string } // R2.2
  assert.equal(hello.url, 'https://bookmarks.example.org/v1/')
  assert.equal(await service.end(), 0)
})
