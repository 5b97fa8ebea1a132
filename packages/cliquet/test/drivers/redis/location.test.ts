import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRedisUrl } from '../../../src/drivers/redis/location.ts'
import { ConfigurationError } from '../../../src/errors/configuration-error.ts'

test('a URL names a server, a database and a prefix', () => {
  const plain = { cluster: false, tls: false, username: undefined, password: undefined, db: 0, prefix: 'cliquet' }
  assert.deepEqual(parseRedisUrl('redis://localhost'), { ...plain, hosts: [{ host: 'localhost', port: 6379 }], shown: 'localhost:6379/0' })
  assert.deepEqual(parseRedisUrl('rediss://ann:p%40ss:word@db.example:7000/3?prefix=shop'), {
    cluster: false,
    tls: true,
    username: 'ann',
    password: 'p@ss:word',
    db: 3,
    prefix: 'shop',
    hosts: [{ host: 'db.example', port: 7000 }],
    shown: 'db.example:7000/3',
  })
  assert.equal(parseRedisUrl('redis://:secret@localhost/').password, 'secret')
  assert.deepEqual(parseRedisUrl('redis://[::1]:7000').hosts, [{ host: '::1', port: 7000 }])
})

test('a URL names the first servers of a cluster', () => {
  const { hosts, cluster, shown } = parseRedisUrl('redis+cluster://a:1,b:2,c')
  assert.deepEqual(hosts, [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
    { host: 'c', port: 6379 },
  ])
  assert.deepEqual([cluster, shown], [true, 'cluster a:1,b:2,c:6379'])
  assert.equal(parseRedisUrl('rediss+cluster://a').tls, true)
})

test('what names no server is refused, without printing the password', () => {
  const refused = [
    '',
    'localhost:6379',
    'postgresql://localhost/a',
    'redis://',
    'redis://host:port',
    'redis://host:70000',
    'redis://host/db',
    'redis://host?prefix=',
    'redis://host?database=1',
    'redis://a,b',
    'redis+cluster://a,b/1',
    'redis+cluster://a,,b',
    'redis://user:100%@host',
  ]
  for (const url of refused) assert.throws(() => parseRedisUrl(url), ConfigurationError, url)
  assert.throws(
    () => parseRedisUrl('redis://ann:secret@a,b'),
    (error) => error instanceof Error && !error.message.includes('secret'),
  )
})
