import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createCleanup, temporaryFolder } from '../reference/cleanup.ts'
import { type ServiceCommand, startServiceCommand } from '../reference/service-command.ts'
import { repositoryRoot } from '../reference/shared-folder.ts'
import { startSteadyLoad } from '../reference/steady-load.ts'
import { findFreePort } from '../servers/free-port.ts'
import { nginxProgram, skipWithoutProgram } from '../servers/programs.ts'
import { startNginx } from './nginx-server.ts'

const skip = skipWithoutProgram(nginxProgram)

async function nginx(t: TestContext, upstreams: readonly number[]): Promise<{ port: number; url: string }> {
  const server = await startNginx(upstreams)
  t.after(() => server.stop())
  return server
}

test('behind nginx a service learns who asks for what, on connections that are kept', { skip }, async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const sockets = new Set<Socket>()
  const upstream = createServer((request, response) => {
    seen.push(request.headers)
    sockets.add(request.socket)
    response.end(request.httpVersion)
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.after(() => void upstream.close().closeAllConnections())
  const { url } = await nginx(t, [(upstream.address() as AddressInfo).port]) // it listens on a port
  for (const id of ['one', 'two', 'three']) {
    const headers = { 'x-request-id': id, 'x-forwarded-for': '1.2.3.4', 'x-forwarded-host': 'evil.example' }
    assert.equal(await (await fetch(`${url}/v1/`, { headers })).text(), '1.1')
  }
  const [{ host, connection, ...first } = {}] = seen
  assert.deepEqual(
    [host, connection, first['x-forwarded-for'], first['x-forwarded-proto'], first['x-forwarded-host'], first['x-request-id']],
    ['127.0.0.1', undefined, '127.0.0.1', 'http', '127.0.0.1', 'one'],
  )
  assert.equal(sockets.size, 1)
})

/** The service of `deploy/service`, with its settings for production, on SQLite. */
async function deployed(t: TestContext, folder: string): Promise<{ port: number; start(): Promise<ServiceCommand> }> {
  const cleanup = createCleanup()
  t.after(() => cleanup.run())
  const port = await findFreePort()
  const environment = {
    CLIQUET_STORAGE_BACKEND: 'cliquet/storage/sqlite',
    CLIQUET_STORAGE_URL: join(folder, 'records.sqlite'),
    CLIQUET_CACHE_BACKEND: 'cliquet/cache/sqlite',
    CLIQUET_USERID_HMAC_SECRET: 'only for tests',
    CLIQUET_HTTP_HOST: 'bookmarks.example.org',
    CLIQUET_OVERLOAD_DELAY_SECONDS: '0',
  }
  const plan = { folder: join(repositoryRoot, 'deploy/service'), args: ['server.ts', '--config', 'production.ini'], port, environment }
  return { port, start: () => startServiceCommand(plan, cleanup) }
}

const headers = { authorization: `Basic ${btoa('mat:secret')}`, 'content-type': 'application/json' }
const reading = { method: 'GET', path: '/v1/bookmarks?_limit=3', headers, status: 200 }
const writing = { method: 'POST', path: '/v1/bookmarks', headers, body: '{"data":{"url":"https://example.org/"}}', status: 201 }

test('of two processes behind nginx one after the other is ended and started again, and no client notices', { skip }, async (t) => {
  const cleanup = createCleanup()
  t.after(() => cleanup.run())
  const { folder } = temporaryFolder(cleanup, 'deploy')
  const processes = [await deployed(t, folder), await deployed(t, folder)]
  const running = await Promise.all(processes.map(({ start }) => start()))
  const { port, url } = await nginx(
    t,
    processes.map((one) => one.port),
  )
  const hello = (await (await fetch(`${url}/v1/`)).json()) as { url: string } // R2.2
  assert.equal(hello.url, 'https://bookmarks.example.org/v1/')

  let written = 0
  let asked = 0
  const load = startSteadyLoad({
    port,
    kept: 4,
    fresh: 4,
    next: () => (asked++ % 2 === 0 ? reading : writing),
    onAnswer(request) {
      if (request === writing) written++
    },
  })
  for (const [n, { start }] of processes.entries()) {
    assert.equal(await running[n]?.end(), 0)
    running[n] = await start()
  }
  await load.stop()
  const { kept, fresh, ...failures } = load.tally
  assert.deepEqual(failures, { refused: 0, reset: 0, lost: 0, unexpected: [] })
  assert.ok(kept > 10 && fresh > 10, JSON.stringify(load.tally))
  const list = await fetch(`${url}/v1/bookmarks`, { method: 'HEAD', headers })
  assert.equal(Number(list.headers.get('total-records')), written)
})
