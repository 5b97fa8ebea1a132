import assert from 'node:assert/strict'
import { test } from 'node:test'
import { definitions } from '../../src/service/settings/catalogue.ts'
import { fileWith, readBookmarks, refusal } from './settings-sources.ts'

const read = (environment: Record<string, string>) => readBookmarks({ environment })
const refused = (environment: Record<string, string>): string => refusal({ environment })

test('Defaults, code, file, PORT, the variables of the service and ours: the later wins', () => {
  const config = fileWith('application.ini', '[app:main]', 'backoff = 2', 'paginate_by = 2', 'port = 2', 'retry_after_seconds = 2')
  const settings = readBookmarks({
    given: { backoff: 1, paginate_by: 1, port: 1, batch_max_requests: 1 },
    config,
    environment: { PORT: '3', BOOKMARKS_PAGINATE_BY: '4', BOOKMARKS_RETRY_AFTER_SECONDS: '4', CLIQUET_RETRY_AFTER_SECONDS: '5' },
  })
  const { batchMaxRequests, backoff, port, paginateBy, retryAfterSeconds, heartbeatTimeoutSeconds } = settings
  assert.deepEqual([heartbeatTimeoutSeconds, batchMaxRequests, backoff, port, paginateBy, retryAfterSeconds], [10, 1, 2, 3, 4, 5])
})

test('An empty variable unsets what has no default', () => {
  assert.equal(readBookmarks({ given: { backoff: 1 }, environment: { CLIQUET_BACKOFF: '' } }).backoff, undefined)
  assert.equal(read({ PORT: '' }).port, 8000)
  assert.equal(
    refused({ CLIQUET_BATCH_MAX_REQUESTS: '' }),
    'environment variable CLIQUET_BATCH_MAX_REQUESTS must be a whole number not below 0',
  )
})

test('Every setting of the catalogue has a variable', () => {
  for (const [name, { kind }] of definitions) {
    const value = ['1', '2030-12-31', 'cliquet/storage/memory', 'warn'].find((candidate) => kind.read(candidate) !== undefined) ?? ''
    const variable = name.replaceAll('.', '_').toUpperCase()
    for (const prefix of ['CLIQUET', 'BOOKMARKS']) {
      const { subjects } = read({ [`${prefix}_${variable}`]: value, CLIQUET_HTTP_API_VERSION: '1.0' })
      if (name !== 'http_api_version') assert.equal(subjects.get(name), `environment variable ${prefix}_${variable}`)
    }
  }
})

test('Settings of resources have variables, whatever their names', () => {
  const { granted, ofResources } = read({
    CLIQUET_MY_BOOK_CREATE_PRINCIPALS: 'system.Everyone',
    BOOKMARKS_MY_BOOK_CACHE_EXPIRES_SECONDS: '3',
    CLIQUET_COLLECTION_MY_BOOK_DELETE_ENABLED: 'no',
  })
  const given = readBookmarks({
    given: {
      'My-Book_create_principals': ['system.Everyone'],
      'my-book_cache_expires_seconds': 3,
      'plural_My-Book_delete_enabled': false,
    },
  })
  assert.deepEqual(granted, new Map([['my_book_create_principals', ['system.Everyone']]]))
  assert.deepEqual(given.granted, granted)
  assert.deepEqual(given.ofResources, new Map(ofResources))
})

test('Settings of policies and listeners have variables, the longest name that fits is meant', () => {
  const { ofPolicies, ofListeners } = read({
    CLIQUET_MULTIAUTH_POLICIES: 'my my-idp',
    CLIQUET_MULTIAUTH_POLICY_MY_IDP_CLIENT_ID: 'abc',
    BOOKMARKS_MULTIAUTH_POLICY_MY_IDP_CLIENT_ID: 'not this',
    BOOKMARKS_MULTIAUTH_POLICY_MY_USE: 'openid',
    CLIQUET_EVENT_LISTENERS: 'cliquet/listeners/redis',
    CLIQUET_EVENT_LISTENERS_REDIS_URL: 'redis://localhost',
  })
  assert.deepEqual(Object.fromEntries(ofPolicies), {
    'multiauth.policy.my-idp.client_id': 'abc',
    'multiauth.policy.my.use': 'openid',
  })
  assert.deepEqual(Object.fromEntries(ofListeners), { 'event_listeners.redis.url': 'redis://localhost' })
  assert.equal(
    refused({ CLIQUET_MULTIAUTH_POLICIES: 'google', CLIQUET_MULTIAUTH_POLICY_GOGLE_USE: 'x' }),
    'environment variable CLIQUET_MULTIAUTH_POLICY_GOGLE_USE: multiauth.policies names google',
  )
})

test('A variable that looks like a slip is an error that names the right one', () => {
  assert.equal(
    refused({ CLIQUET_STORAGE_ULR: 'hush' }),
    'unknown environment variable CLIQUET_STORAGE_ULR: did you mean CLIQUET_STORAGE_URL?',
  )
  assert.equal(
    refused({ CLIQUET_BOOK_READ_PRINCIPLES: 'x' }),
    'unknown environment variable CLIQUET_BOOK_READ_PRINCIPLES: did you mean CLIQUET_BOOK_READ_PRINCIPALS?',
  )
})

test('Other unknown variables are a notice, if they have a prefix of ours', () => {
  const { notices } = read({
    CLIQUET_XYZZY: '1',
    BOOKMARKS_STORAGE_ULR: 'hush',
    BOOKMARKS_API_TOKEN: 'theirs',
    CLIQUET_TEST_REDIS_URL: 'x',
    STORAGE_ULR: 'theirs',
  })
  assert.deepEqual(notices, [
    'the environment variable CLIQUET_XYZZY is not known',
    'the environment variable BOOKMARKS_STORAGE_ULR is not known; BOOKMARKS_STORAGE_URL is',
  ])
})

test('What Kubernetes sets for a service of the same name is passed over', () => {
  const { notices, port } = read({
    BOOKMARKS_PORT: 'tcp://10.0.0.1:80',
    BOOKMARKS_SERVICE_HOST: '10.0.0.1',
    CLIQUET_PORT: 'tcp://10.0.0.2:80',
    CLIQUET_SERVICE_PORT: '80',
    CLIQUET_PORT_80_TCP_ADDR: '10.0.0.2',
  })
  assert.deepEqual([notices, port], [[], 8000])
})

test('The prefix of a service has _ for every other sign, and the longer prefix of two is asked first', () => {
  const settings = readBookmarks({ name: 'cliquet-kinto.2', environment: { CLIQUET_KINTO_2_BACKOFF: '3', CLIQUET_PAGINATE_BY: '4' } })
  assert.deepEqual([settings.backoff, settings.paginateBy, settings.notices], [3, 4, []])
})

test('CLIQUET_CONFIG names the file and wins over the option; the names of the original work', () => {
  const config = fileWith('option.ini', 'backoff = 1')
  const other = fileWith('other.ini', 'backoff = 2')
  for (const variable of ['CLIQUET_CONFIG', 'CLIQUET_INI', 'BOOKMARKS_CONFIG', 'BOOKMARKS_INI']) {
    assert.equal(readBookmarks({ config, environment: { [variable]: other } }).backoff, 2, variable)
  }
  assert.equal(readBookmarks({ config, environment: { CLIQUET_CONFIG: '' } }).backoff, 1)
})

test('Names that the original gave up are taken for ours, and it is said', () => {
  const { cacheUrl, retryAfterSeconds, storagePoolSize, notices } = readBookmarks({
    given: { retry_after: 7, storage_pool_maxconn: 8 },
    environment: { CLIQUET_SESSION_URL: 'redis://localhost' },
  })
  assert.deepEqual([cacheUrl, retryAfterSeconds, storagePoolSize], ['redis://localhost', 7, 8])
  assert.deepEqual(notices, [
    'the setting retry_after is called retry_after_seconds now',
    'the setting storage_pool_maxconn is called storage_pool_size now',
    'the setting session_url (CLIQUET_SESSION_URL) is called cache_url now',
  ])
  assert.match(
    refused({ CLIQUET_SESSION_URL: 'redis://a', CLIQUET_CACHE_URL: 'redis://b' }),
    /CLIQUET_\w+ says otherwise than environment variable CLIQUET_\w+: both are "cache_url"$/,
  )
})

test('What is not built yet is accepted and said in one line, unless it is off; what has no effect is said with the reason', () => {
  const { notices, defaultBucketHmacSecret } = readBookmarks({
    given: { profiler_enabled: false, newrelic_env: 'dev', sentry_dsn: '', storage_pool_recycle: -1 },
    environment: { CLIQUET_DEFAULT_BUCKET_HMAC_SECRET: 'x' },
  })
  assert.equal(defaultBucketHmacSecret, 'x')
  assert.equal(notices[0], 'the setting storage_pool_recycle has no effect: a broken connection is noticed and replaced, however old it is')
  assert.equal(notices[1], 'not built yet, these settings have no effect: default_bucket_hmac_secret (CLIQUET_DEFAULT_BUCKET_HMAC_SECRET)')
  assert.equal(notices.length, 2)
})
