import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createService, type GivenSettings } from '../../src/index.ts'
import { readSettings } from '../../src/service/settings.ts'

const read = (given: GivenSettings = {}, environment: Record<string, string> = {}) =>
  readSettings({ name: 'test', version: '1.2.3', given, environment })

const refused = (given: GivenSettings, message: RegExp, environment: Record<string, string> = {}): void => {
  assert.throws(() => read(given, environment), { name: 'ConfigurationError', message })
}

test('An unknown setting is an error that names the nearest known one', () => {
  refused({ storage_ur: 'x' }, /unknown setting "storage_ur": did you mean "storage_url"\?/)
  refused({ batch_max_request: 3 }, /"batch_max_request": did you mean "batch_max_requests"\?/)
  refused({ storageUrl: 'x' }, /unknown setting "storageUrl": did you mean "storage_url"\?/)
  refused({ 'multiauth.policy': 'x' }, /did you mean "multiauth\.policies"\?/)
  refused({ xyzzy_plugh: 'x' }, /unknown setting "xyzzy_plugh"$/)
  refused({ __proto__x: 1 }, /unknown setting/)
  refused({ constructor: 1 }, /unknown setting "constructor"/)
})

test('A malformed setting is an error that names its key and what it must be', () => {
  const cases: [GivenSettings, RegExp][] = [
    [{ readonly: 'maybe' }, /setting "readonly" must be true or false/],
    [{ readonly: 2 }, /"readonly" must be/],
    [{ port: 'http' }, /"port" must be a whole number not below 0/],
    [{ port: -1 }, /"port" must be/],
    [{ port: 1.5 }, /"port" must be/],
    [{ port: '' }, /"port" must be/],
    [{ backoff: 'soon' }, /"backoff" must be/],
    [{ backoff_percentage: 101 }, /"backoff_percentage" must be a number from 0 to 100/],
    [{ backoff_percentage: Number.NaN }, /"backoff_percentage" must be/],
    [{ batch_max_requests: {} }, /"batch_max_requests" must be/],
    [{ eos: 'tomorrow' }, /"eos" must be an ISO 8601 date/],
    [{ eos: '2026-13-45' }, /"eos" must be/],
    [{ cors_origins: 7 }, /"cors_origins" must be a list of words/],
    [{ cors_origins: [1] }, /"cors_origins" must be/],
    [{ trusted_proxies: '10.0.0.0/33' }, /"trusted_proxies" must be a list of addresses, networks/],
    [{ trusted_proxies: 'proxy.example.org' }, /"trusted_proxies" must be/],
    [{ rate_limit_requests: -1 }, /"rate_limit_requests" must be/],
    [{ storage_url: {} }, /"storage_url" must be a text/],
    [{ plural_book_get_enabled: 'x' }, /"plural_book_get_enabled" must be true or false/],
    [{ book_cache_expires_seconds: 'x' }, /"book_cache_expires_seconds" must be/],
    [{ book_read_principals: 5 }, /"book_read_principals" must be/],
  ]
  for (const [given, message] of cases) refused(given, message)
})

test('A malformed environment variable is an error that names it, and a secret is never shown', () => {
  refused({}, /environment variable CLIQUET_READONLY must be true or false/, { CLIQUET_READONLY: 'x' })
  refused({}, /environment variable PORT must be/, { PORT: 'x' })
  assert.throws(
    () => read({ userid_hmac_secret: { key: 'hush' } }),
    (error) => error instanceof Error && !error.message.includes('hush'),
  )
})

test('The environment wins over what is given, and that over the defaults', () => {
  const given = { batch_max_requests: 3, cors_origins: ['https://a.example'], readonly: true }
  const settings = read(given, { CLIQUET_BATCH_MAX_REQUESTS: '7', CLIQUET_CORS_ORIGINS: 'https://b.example  https://c.example', PORT: '1' })
  assert.equal(settings.batchMaxRequests, 7)
  assert.deepEqual(settings.corsOrigins, ['https://b.example', 'https://c.example'])
  assert.equal(settings.readonly, true)
  assert.equal(settings.retryAfterSeconds, 30)
  assert.equal(settings.port, 1)
  assert.equal(read({ port: 2 }, { CLIQUET_PORT: '3', PORT: '4' }).port, 3)
  assert.deepEqual(read({}, { CLIQUET_MULTIAUTH_POLICIES: 'a b' }).multiauthPolicies, ['a', 'b'])
  assert.equal(read({}, { CLIQUET_PROJECT_NAME: 'other' }).projectName, 'other')
})

test('Settings given as text mean the same as given as values; undefined and null are not given', () => {
  assert.deepEqual(
    read({ readonly: 'yes', backoff: '10', cors_origins: 'a b' }),
    read({ readonly: true, backoff: 10, cors_origins: ['a', 'b'] }),
  )
  assert.deepEqual(read({ readonly: undefined, backoff: null }), read())
})

test('Settings of resources are read by their patterns, with the old names as aliases', () => {
  const { ofResources, granted } = read({
    collection_my_book_delete_enabled: 'off',
    record_my_book_put_enabled: false,
    my_book_cache_expires_seconds: '60',
    my_book_create_principals: 'system.Authenticated group:a',
  })
  assert.deepEqual(Object.fromEntries(ofResources), {
    plural_my_book_delete_enabled: false,
    object_my_book_put_enabled: false,
    my_book_cache_expires_seconds: 60,
  })
  assert.deepEqual(granted.get('my_book_create_principals'), ['system.Authenticated', 'group:a'])
})

test('R1.1: the versions are derived, and must begin with a number', () => {
  assert.deepEqual([read().httpApiVersion, read().apiPrefix], ['1.2', 'v1'])
  assert.equal(read({ http_api_version: '12.0' }).apiPrefix, 'v12')
  refused({ http_api_version: 'one' }, /API version "one" must begin with a number/)
})

test('createService throws for settings that can’t be, before anything is opened', () => {
  assert.throws(() => createService({ name: 'test', version: '1.0', settings: { storage_backendd: 'x' } }), {
    name: 'ConfigurationError',
    message: /did you mean "storage_backend"/,
  })
})
