import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { createService } from '../../src/index.ts'
import { temporaryFolder } from '../protocol/service-under-test.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { postgresUrl, redisUrl, skipWithout } from '../servers/server-urls.ts'
import { fileWith, readBookmarks } from './settings-sources.ts'

const talkSchema = ownSchema('talk')

// The configurations that the talk on the original showed, with the names of our modules.

const applicationIni = (url = 'redis://localhost:6379/0'): string[] => [
  '[app:main]',
  'use = egg:bookmarks',
  'cliquet.storage_backend = cliquet/storage/redis',
  `cliquet.storage_url = ${url}`,
  'cliquet.statsd_url = udp://localhost:8125',
  'cliquet.logging_renderer = cliquet.logs.ClassicLogRenderer',
  'cliquet.profiler_enabled = false',
  'cliquet.profiler_dir = /var/profiles',
  '',
  '[server:main]',
  'use = egg:waitress#main',
  'host = 0.0.0.0',
  'port = 8000',
]

/** The `environment` of a compose file. */
const composeFile = (url = 'postgres://postgres:postgres@db/postgres'): Readonly<Record<string, string>> => ({
  CLIQUET_CACHE_BACKEND: 'cliquet/cache/postgresql',
  CLIQUET_CACHE_URL: url,
  CLIQUET_STORAGE_BACKEND: 'cliquet/storage/postgresql',
  CLIQUET_STORAGE_URL: url,
})

const before = { ...process.env }
afterEach(() => {
  for (const name of Object.keys(process.env)) if (before[name] === undefined) delete process.env[name]
})

/** Starts a service on that configuration, asks for hello, and ends it. @returns what it logged, and hello */
async function startWith({ config, environment = {} }: { config?: string; environment?: Readonly<Record<string, string>> }) {
  Object.assign(process.env, { CLIQUET_LOG_LEVEL: 'silent', ...environment })
  const service = createService({ name: 'bookmarks', version: '1.0', ...(config === undefined ? {} : { config }) })
  const logged: unknown[] = []
  service.app.log.warn = (notice: unknown) => void logged.push(notice)
  try {
    await service.ready()
    const { statusCode, body } = await service.app.inject('/v1/')
    assert.equal(statusCode, 200)
    return { logged, hello: JSON.parse(body) }
  } finally {
    await service.close()
  }
}

test('The application.ini of the talk is read as it stands', () => {
  const settings = readBookmarks({ config: fileWith('application.ini', ...applicationIni()) })
  const { storageBackend, storageUrl, statsdUrl, loggingRenderer, host, port, profilerDir } = settings
  assert.deepEqual([storageBackend, storageUrl, statsdUrl], ['cliquet/storage/redis', 'redis://localhost:6379/0', 'udp://localhost:8125'])
  assert.deepEqual([loggingRenderer, host, port, profilerDir], ['cliquet/logging/human', '0.0.0.0', 8000, '/var/profiles'])
})

const onRedis = { skip: skipWithout(redisUrl, 'Redis') }
const onPostgres = { skip: skipWithout(postgresUrl, 'PostgreSQL') }

test('The application.ini of the talk starts a service, and shows the file in hello (R2.2)', onRedis, async () => {
  const config = fileWith('application.ini', ...applicationIni(`${redisUrl}?prefix=talk-${process.pid}`))
  const { logged, hello } = await startWith({ config })
  assert.equal(hello.config.path, 'application.ini')
  assert.deepEqual(logged, [])
})

test('The environment of the talk’s compose file is read as it stands, and starts a service', onPostgres, async () => {
  const { cacheBackend, cacheUrl, storageBackend, storageUrl } = readBookmarks({ environment: composeFile() })
  const url = 'postgres://postgres:postgres@db/postgres'
  assert.deepEqual(
    [cacheBackend, cacheUrl, storageBackend, storageUrl],
    ['cliquet/cache/postgresql', url, 'cliquet/storage/postgresql', url],
  )
  const { logged, hello } = await startWith({ environment: composeFile(talkSchema.replace('postgresql:', 'postgres:')) })
  assert.deepEqual([logged, hello.config], [[], null])
})

test('A service whose file has keys of resources that it does not have says so', async () => {
  const config = fileWith(
    'application.ini',
    'storage_backend = cliquet/storage/memory',
    'bok_create_principals = a',
    'plural_bok_get_enabled = no',
    `version_json_path = ${temporaryFolder()}`,
  )
  const { logged } = await startWith({ config })
  assert.equal(logged.length, 2)
  assert.match(String(logged[0]), /application\.ini:2: setting "bok_create_principals" has no effect: the service has no resource$/)
})
