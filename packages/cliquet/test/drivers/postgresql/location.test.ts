import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePostgresUrl } from '../../../src/drivers/postgresql/location.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'

test('a URL names a database, and after the question mark a schema; the rest is for the driver', () => {
  assert.deepEqual(parsePostgresUrl('postgresql://ann:pw@db.example:6432/app'), {
    connectionString: 'postgresql://ann:pw@db.example:6432/app',
    schema: 'cliquet',
    shown: 'db.example:6432/app',
  })
  assert.deepEqual(parsePostgresUrl('postgres://db/app?schema=Odd%20%22name%22&sslmode=require'), {
    connectionString: 'postgres://db/app?sslmode=require',
    schema: 'Odd "name"',
    shown: 'db/app',
  })
  assert.equal(parsePostgresUrl('postgresql:///app?host=/var/run/postgresql').shown, '/app')
  assert.equal(parsePostgresUrl('postgresql://ann:p%40s%2Fs%3Fw%23%3A@[::1]:5433/app').shown, '[::1]:5433/app')
})

test('what names no database, or no schema, is refused', () => {
  const long = 'é'.repeat(32)
  const refused = ['', 'postgresql:', 'postgresql://db', 'postgresql://db/', 'sqlite:/a', 'mysql://db/a', 'db/a', 'postgresql://db:port/a']
  const schemas = ['', 'pg_own', long, 'nul%00', '$function$'].map((schema) => `postgresql://db/a?schema=${schema}`)
  for (const url of [...refused, ...schemas]) assert.throws(() => parsePostgresUrl(url), ConfigurationError, url)
})

test('no message shows a password, however it is written', () => {
  const passwords = [
    's3cret',
    's3cr@et',
    's3:cret',
    's3/cret',
    's3?cret',
    's3#cret',
    '71/s3cret',
    '71?s3cret',
    '71#s3cret',
    '7@71/s3cret',
    '%zz',
    '',
  ]
  const frames: ((password: string) => string)[] = [
    (password) => `postgresql://ann:${password}@db.example/app`,
    (password) => `postgresql://ann:${password}@db.example`,
    (password) => `postgresql://ann:${password}@db.example/app?schema=pg_x`,
    (password) => `mysql://ann:${password}@db.example/app`,
    (password) => `ann:${password}@db.example/app`,
    (password) => `postgresql:ann:${password}@db.example/app`,
    (password) => `mysql://db.example/app?password=${password}`,
    (password) => `postgresql://db.example?password=${password}`,
  ]
  for (const password of passwords) {
    const pieces = password.split(/[^a-z0-9]/).filter((piece) => piece !== '')
    for (const frame of frames) {
      let said = ''
      try {
        said = parsePostgresUrl(frame(password)).shown
      } catch (error) {
        assert.ok(error instanceof ConfigurationError, String(error))
        said = error.message
      }
      for (const piece of pieces) assert.ok(!said.includes(piece), `${frame(password)} says: ${said}`)
    }
  }
})

test('a password that is not encoded is refused, rather than read as a host', () => {
  for (const url of [
    'postgresql://ann:12/34@db/app',
    'postgresql://ann:1/2#3@db/app',
    'postgresql://ann:1/2?3@db/app',
    'postgresql://ann:%zz@db/app',
  ])
    assert.throws(() => parsePostgresUrl(url), /write special characters of a password as/, url)
})
