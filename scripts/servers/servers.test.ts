import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Client } from 'pg'
import { until } from '../reference/command-run.ts'
import { createKeeper } from './keeper.ts'
import type { LocalServer } from './local-server.ts'
import { startMemcached } from './memcached.ts'
import { startPostgres } from './postgresql.ts'
import { isRunning } from './process-tree.ts'
import { findProgram } from './programs.ts'
import { ask } from './question.ts'
import { startRedis, startRedisCluster } from './redis.ts'

const isMissing = (name: string): string | false => (findProgram([name]) === undefined ? `no ${name} here` : false)
const noRedis = isMissing('redis-server')
const noMemcached = isMissing('memcached')

/** A place of our own for temporary files, which any user may pass through. */
function temporaryPlace(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), 'cliquet-servers-'))
  chmodSync(place, 0o755)
  const { TMPDIR } = process.env
  process.env.TMPDIR = place
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
    rmSync(place, { recursive: true, force: true })
  })
  return place
}

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

async function query(server: LocalServer, sql: string): Promise<unknown[][]> {
  const client = new Client({ connectionString: server.url, ssl: false })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows
  } finally {
    await client.end()
  }
}

for (const origin of ['package', 'machine'] as const) {
  test(`PostgreSQL of the ${origin}: an empty UTF-8 database with ICU that a kill does not harm and that leaves nothing`, {
    skip: origin === 'machine' && isMissing('postgres'),
  }, async (t) => {
    const place = temporaryPlace(t)
    const server = await startPostgres({ origin, settings: { work_mem: '8MB' } })
    t.after(() => server.stop())
    const state = `select current_database(), current_user::text, pg_encoding_to_char(encoding), datcollate, current_setting('fsync'),
      current_setting('max_connections'), current_setting('work_mem'), 'ä' < 'b' collate "und-x-icu", 'ä' < 'b'
      from pg_database where datname = current_database()`
    assert.deepEqual(await query(server, state), [['cliquet', 'cliquet', 'UTF8', 'C', 'on', '300', '8MB', true, false]])
    await query(server, 'create table kept as select 1 as n')
    await server.kill()
    assert.equal(await listens(server.port), false)
    await server.restart()
    assert.deepEqual(await query(server, 'select n from kept'), [[1]])
    await server.restart()
    assert.deepEqual(await query(server, 'select n from kept'), [[1]])
    await server.stop()
    await server.stop()
    assert.equal(await listens(server.port), false)
    assert.deepEqual(readdirSync(place), [])
  })
}

test('a kill ends all processes of PostgreSQL, those in the middle of something too', async (t) => {
  const server = await startPostgres({ fsync: false })
  t.after(() => server.stop())
  const client = new Client({ connectionString: server.url, ssl: false })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_activity')
  const sleeping = assert.rejects(client.query('select pg_sleep(30)'))
  await server.kill()
  await sleeping
  const running = rows.filter(({ pid }) => isRunning(pid))
  assert.deepEqual(running, [])
  assert.ok(rows.length > 3, 'there was something to end')
})

test('Redis forgets with a kill, or with `appendonly` keeps what it has acknowledged', { skip: noRedis }, async (t) => {
  const place = temporaryPlace(t)
  for (const appendonly of [false, true]) {
    const server = await startRedis({ appendonly })
    t.after(() => server.stop())
    assert.equal(server.url, `redis://127.0.0.1:${server.port}/0`)
    assert.equal(await ask(server.port, 'SET kept 1'), '+OK\r\n')
    await server.kill()
    assert.equal(await listens(server.port), false)
    await server.restart()
    assert.equal(await ask(server.port, 'EXISTS kept'), appendonly ? ':1\r\n' : ':0\r\n')
    await server.stop()
    assert.equal(await listens(server.port), false)
  }
  assert.deepEqual(readdirSync(place), [])
})

test('a Redis cluster has three nodes that share the keys, and one that was killed comes back', { skip: noRedis }, async (t) => {
  const place = temporaryPlace(t)
  const { url, nodes, stop } = await startRedisCluster()
  t.after(stop)
  assert.equal(url, `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`)
  const answers = await Promise.all(nodes.map(({ port }) => ask(port, 'SET a 1')))
  assert.deepEqual(answers.map((answer) => answer.split(' ')[0]).sort(), ['+OK\r\n', '-MOVED', '-MOVED'])
  await nodes[0]?.kill()
  await nodes[0]?.restart()
  for (const { port } of nodes) {
    const deadline = Date.now() + 20_000
    while (!(await ask(port, 'CLUSTER INFO', '\r\n\r\n')).includes('cluster_state:ok')) assert.ok(Date.now() < deadline)
  }
  await stop()
  assert.deepEqual(await Promise.all(nodes.map(({ port }) => listens(port))), [false, false, false])
  assert.deepEqual(readdirSync(place), [])
})

test('Memcached comes back empty on its port', { skip: noMemcached }, async (t) => {
  const place = temporaryPlace(t)
  const server = await startMemcached()
  t.after(() => server.stop())
  assert.equal(server.url, `memcached://127.0.0.1:${server.port}`)
  assert.equal(await ask(server.port, 'set a 0 0 1\r\nb'), 'STORED\r\n')
  await server.kill()
  assert.equal(await listens(server.port), false)
  await server.restart()
  assert.equal(await ask(server.port, 'get a'), 'END\r\n')
  await server.stop()
  assert.deepEqual(readdirSync(place), [])
})

test('a server that does not start says why and leaves nothing', async (t) => {
  const place = temporaryPlace(t)
  await assert.rejects(
    startPostgres({ settings: { max_connections: 'many' } }),
    /^UnavailableError: PostgreSQL ended with 1\. It said: .*max_connections/,
  )
  assert.deepEqual(readdirSync(place), [])
})

test('a closed keeper has ended its servers, and stopping them then is no fault', { skip: noMemcached }, async () => {
  const keeper = createKeeper()
  const server = await startMemcached({ keeper })
  await keeper.close()
  await keeper.close()
  assert.equal(await listens(server.port), false)
  await server.stop()
  await assert.rejects(startMemcached({ keeper }))
})

const ends = {
  'is killed': { does: 'wait', which: 'all', signal: 'SIGKILL' },
  'is interrupted': { does: 'wait', signal: 'SIGINT' },
  'is terminated': { does: 'wait', signal: 'SIGTERM' },
  'fails with an exception': { does: 'throw' },
  'ends without stopping them': { does: 'end' },
} as const

for (const [how, end] of Object.entries(ends)) {
  test(`servers and their folders go when the process that started them ${how}`, { skip: noRedis || noMemcached }, async (t) => {
    const place = temporaryPlace(t)
    const child = fork(join(import.meta.dirname, 'held-servers.ts'), [end.does, 'which' in end ? end.which : ''], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    t.after(() => child.kill('SIGKILL'))
    const gone = once(child, 'exit')
    const [ports] = (await once(child, 'message')) as [number[]] // sent by held-servers.ts
    if ('signal' in end) child.kill(end.signal)
    await gone
    await until(() => readdirSync(place).length === 0, 'the folders go')
    assert.equal(ports.length, 'which' in end ? 3 : 2)
    assert.deepEqual(
      await Promise.all(ports.map(listens)),
      ports.map(() => false),
    )
  })
}
