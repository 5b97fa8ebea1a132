import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { parseSqliteUrl } from '../../../src/drivers/sqlite/location.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'

test('URLs and plain paths name a file', () => {
  const paths: [string, string][] = [
    ['sqlite:data/a.sqlite', resolve('data/a.sqlite')],
    ['sqlite:./a.sqlite', resolve('a.sqlite')],
    ['sqlite:/srv/a.sqlite', '/srv/a.sqlite'],
    ['sqlite:///srv/a.sqlite', '/srv/a.sqlite'],
    ['SQLite:a', resolve('a')],
    ['data/a.sqlite', resolve('data/a.sqlite')],
    ['/srv/what?.sqlite', '/srv/what?.sqlite'],
    ['sqlite:/srv/100%.sqlite', '/srv/100%.sqlite'],
  ]
  for (const [url, path] of paths) assert.equal(parseSqliteUrl(url).path, path, url)
})

test('a URL may say how sure commits are and how long to wait', () => {
  const options = { synchronous: 'normal', timeout: 500 }
  assert.deepEqual(parseSqliteUrl('sqlite:/a?synchronous=normal&timeout=500'), { path: '/a', ...options })
  assert.equal(parseSqliteUrl('sqlite:/a').synchronous, undefined)
})

test('what names no file is refused, and a database in memory with advice', () => {
  const refused = [
    '',
    'sqlite:',
    'sqlite:///',
    'sqlite://data/a.sqlite',
    'postgresql://db/a',
    'sqlite:/a?synchronous=off',
    'sqlite:/a?journal=wal',
  ]
  for (const url of [...refused, 'sqlite:/a?timeout=soon']) assert.throws(() => parseSqliteUrl(url), ConfigurationError, url)
  for (const url of ['sqlite::memory:', ':memory:', 'sqlite://:memory:'])
    assert.throws(() => parseSqliteUrl(url), /use the memory backend/, url)
})
