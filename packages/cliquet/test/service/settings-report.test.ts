import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MASK } from '../../src/primitives/passwords.ts'
import { definitions } from '../../src/service/settings/catalogue.ts'
import { inspectSettings } from '../../src/service/settings.ts'
import { fileWith } from './settings-sources.ts'

test('What is in force is shown with its place: default, code, file and line, or variable', () => {
  const config = fileWith('application.ini', '[app:main]', 'bookmarks.backoff = 3', 'pyramid.debug_all = true')
  const { settings, ignored } = inspectSettings({
    name: 'bookmarks',
    version: '1.0',
    given: { cors_origins: ['a', 'b'], statsd_url: 'udp://localhost', default_bucket_hmac_secret: 'x' },
    config,
    environment: { PORT: '1', BOOKMARKS_BOOK_READ_PRINCIPALS: 'system.Everyone' },
  })
  const shown = new Map(settings.map(({ name, value, place, planned }) => [name, [value, place.replace(/.*\//, ''), planned]]))
  assert.deepEqual(shown.get('retry_after_seconds'), ['30', 'default', false])
  assert.deepEqual(shown.get('paginate_by'), ['', 'default', false])
  assert.deepEqual(shown.get('cors_origins'), ['a b', 'code', false])
  assert.deepEqual(shown.get('statsd_url'), ['udp://localhost', 'code', false])
  assert.equal(shown.get('default_bucket_hmac_secret')?.[2], true)
  assert.deepEqual(shown.get('backoff'), ['3', 'application.ini:2', false])
  assert.deepEqual(shown.get('port'), ['1', 'PORT', false])
  assert.deepEqual(shown.get('book_read_principals'), ['system.Everyone', 'BOOKMARKS_BOOK_READ_PRINCIPALS', false])
  assert.deepEqual(
    settings.slice(0, definitions.size).map(({ name }) => name),
    [...definitions.keys()],
  )
  assert.deepEqual(
    ignored.map(({ name, place }) => [name, place.replace(/.*\//, '')]),
    [['pyramid.debug_all', 'application.ini:3']],
  )
})

test('Nothing secret is shown: neither secrets, nor passwords in URLs, nor options of policies that are called so', () => {
  const secrets: Readonly<Record<string, string>> = {
    userid_hmac_secret: 'hush',
    sentry_dsn: 'https://hush@sentry.example/1',
    storage_url: 'postgres://user:hush@db/x?password=hush&application_name=kept',
    cache_url: 'redis://:hu/sh@hush@localhost',
    permission_url: 'postgres://user:hush@db,postgres://other:hush@db2',
    'multiauth.policies': 'google',
    'multiauth.policy.google.client_secret': 'hush',
    'multiauth.policy.google.issuer': 'https://user:hush@idp.example',
    'event_listeners.x.api_key': 'hush',
  }
  const { settings } = inspectSettings({ name: 'bookmarks', version: '1.0', given: secrets, environment: {} })
  assert.doesNotMatch(JSON.stringify(settings), /hush|hu\/sh/)
  const shownAs = (name: string) => settings.find((setting) => setting.name === name)?.value
  assert.equal(shownAs('userid_hmac_secret'), MASK)
  assert.equal(shownAs('storage_url'), `postgres://user:${MASK}@db/x?password=${MASK}&application_name=kept`)
  assert.equal(shownAs('multiauth.policies'), 'google')
})
