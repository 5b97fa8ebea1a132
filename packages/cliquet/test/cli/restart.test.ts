import assert from 'node:assert/strict'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { folderWith } from './command-process.ts'
import { ask, pidsOf, type Started, service, started, until, type Who } from './started-service.ts'

/** Waits until the operator has been told so often that all workers are new. */
const restarted = ({ written }: Started, times: number): Promise<void> =>
  until('the restart', () => (written.stderr.match(/restarted: /g)?.length ?? 0) >= times)

/** Clients that ask who answers, again and again: half of them on a connection that is kept, half on one for each request. */
interface Crowd {
  readonly titles: ReadonlySet<string>
  readonly failures: readonly string[]
  readonly answers: { kept: number; fresh: number }
  stop(): Promise<void>
}

function crowd(t: TestContext, url: string, clients = 8): Crowd {
  const titles = new Set<string>()
  const failures: string[] = []
  const answers = { kept: 0, fresh: 0 }
  let isStopped = false
  t.after(() => (isStopped = true))
  async function run(kind: 'kept' | 'fresh'): Promise<void> {
    const agent = new Agent({ keepAlive: kind === 'kept', maxSockets: 1 })
    while (!isStopped) {
      try {
        titles.add((await whoAnswers(url, agent)).title)
        answers[kind]++
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`)
      }
    }
    agent.destroy()
  }
  const running = Promise.all(Array.from({ length: clients }, (_, n) => run(n % 2 === 0 ? 'kept' : 'fresh')))
  return {
    titles,
    failures,
    answers,
    async stop() {
      isStopped = true
      await running
    },
  }
}

function whoAnswers(url: string, agent: Agent): Promise<Who> {
  return new Promise((resolve, reject) => {
    get(`${url}who`, { agent }, (response) => {
      let body = ''
      response.on('data', (text) => (body += text)).on('error', reject)
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(body)) : reject(new Error(body))))
    }).on('error', reject)
  })
}

test('at SIGHUP new workers, with code read anew, take the places of the old ones, and no client notices', async (t) => {
  const cwd = folderWith({ 'server.ts': service('one') })
  const command = await started(cwd, ['--workers', '2'])
  const { child, url, written, ended } = command
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  const before = await pidsOf(url)
  const clients = crowd(t, url)
  for (const [n, title] of ['two', 'three'].entries()) {
    writeFileSync(join(cwd, 'server.ts'), service(title))
    child.kill('SIGHUP')
    await restarted(command, n + 1)
    await until(title, () => clients.titles.has(title))
  }
  await clients.stop()
  assert.deepEqual(clients.failures, [])
  assert.ok(clients.answers.kept > 100 && clients.answers.fresh > 100, JSON.stringify(clients.answers))
  const now = await pidsOf(url)
  assert.deepEqual([now.size, [...now].filter((pid) => before.has(pid))], [2, []])
  assert.equal((await ask(`${url}who`)).title, 'three')
  assert.equal(written.stderr, 'cliquet start: restarted: 2 new workers\n'.repeat(2))
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})

test('one worker is replaced as well as several, at every address of localhost', async (t) => {
  const cwd = folderWith({ 'server.ts': service() })
  const command = await started(cwd, ['--workers', '1'])
  const { port } = new URL(command.url)
  const hosts = ['127.0.0.1', '[::1]']
  const crowds: Crowd[] = []
  for (const host of hosts) {
    const url = `http://${host}:${port}/v1/`
    const isThere = await ask(`${url}who`).then(
      () => true,
      () => false,
    )
    if (isThere) crowds.push(crowd(t, url, 2))
  }
  assert.ok(crowds.length > 0)
  command.child.kill('SIGHUP')
  await restarted(command, 1)
  await sleep(100)
  for (const clients of crowds) {
    await clients.stop()
    assert.deepEqual(clients.failures, [])
  }
  assert.match(command.written.stderr, /restarted: 1 new worker\n$/)
})

test('when the new code does not start the old workers go on, the operator is told, and a later restart works', async () => {
  const cwd = folderWith({ 'server.ts': service('one') })
  const command = await started(cwd, ['--workers', '2'])
  const { child, url, written } = command
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  const before = await pidsOf(url)
  writeFileSync(join(cwd, 'server.ts'), 'import "./not-there.ts"')
  child.kill('SIGHUP')
  await until('the message', () => written.stderr.includes('restart failed'))
  assert.match(
    written.stderr,
    /not-there\.ts[^\n]*\ncliquet start: restart failed: a new worker did not start; 0 of 2 were replaced, the others go on\n$/,
  )
  assert.deepEqual(await pidsOf(url), before)
  writeFileSync(join(cwd, 'server.ts'), service('two'))
  child.kill('SIGHUP')
  await restarted(command, 1)
  assert.equal((await ask(`${url}who`)).title, 'two')
})

test('settings are read anew, and SIGHUP during a restart is remembered once', async () => {
  const cwd = folderWith({ 'server.ts': service(), 'my.ini': 'paginate_by = 10' })
  const command = await started(cwd, ['--workers', '1', '--config', 'my.ini'])
  writeFileSync(join(cwd, 'my.ini'), 'paginate_by = none')
  command.child.kill('SIGHUP')
  await until('the message', () => command.written.stderr.includes('restart failed'))
  assert.match(command.written.stderr, /my\.ini:1: setting "paginate_by" must be/)
  writeFileSync(join(cwd, 'my.ini'), 'paginate_by = 20')
  for (let n = 0; n < 5; n++) {
    command.child.kill('SIGHUP')
    await sleep(30)
  }
  await restarted(command, 2)
  command.child.kill('SIGTERM')
  assert.deepEqual(await command.ended, [0, null])
  assert.equal(command.written.stderr.match(/restarted: /g)?.length, 2)
})

test('a release that is a symbolic link is followed anew', async () => {
  const cwd = folderWith()
  for (const title of ['one', 'two']) {
    mkdirSync(join(cwd, title))
    writeFileSync(join(cwd, title, 'server.ts'), service(title))
  }
  symlinkSync('one', join(cwd, 'current'))
  const command = await started(cwd, ['--workers', '1', 'current/server.ts'])
  assert.equal((await ask(`${command.url}who`)).title, 'one')
  symlinkSync('two', join(cwd, 'next'))
  renameSync(join(cwd, 'next'), join(cwd, 'current'))
  command.child.kill('SIGHUP')
  await restarted(command, 1)
  assert.equal((await ask(`${command.url}who`)).title, 'two')
})

test('a worker that crashes takes no request of the others along', async () => {
  const { url } = await started(folderWith({ 'server.ts': service() }), ['--workers', '2'])
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  const slow = Array.from({ length: 8 }, () =>
    ask(`${url}slow`).then(
      () => 'done',
      () => 'lost',
    ),
  )
  const pids = await Promise.all(slow.map(() => ask(`${url}who`)))
  assert.ok(new Set(pids.map(({ pid }) => pid)).size > 0)
  await assert.rejects(ask(`${url}crash`))
  const outcomes = await Promise.all(slow)
  assert.ok(outcomes.includes('done'), 'the other one has some of them, and answers')
  const clients = await Promise.allSettled(Array.from({ length: 50 }, () => ask(`${url}who`)))
  assert.deepEqual(
    clients.filter(({ status }) => status === 'rejected'),
    [],
    'nobody is handed to a worker that is gone',
  )
})

test('SIGUSR2 reaches every worker that is awake', async () => {
  const listening = `${service()}; process.on('SIGUSR2', () => console.log('usr2', process.pid))`
  const { child, url, written } = await started(folderWith({ 'server.ts': listening }), ['--workers', '2'])
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  await until('both', () => {
    child.kill('SIGUSR2')
    return new Set(written.stdout.match(/usr2 \d+/g)).size === 2
  })
  assert.equal((await pidsOf(url)).size, 2)
})

test('what can not be shared by workers is told at the start', async () => {
  const cwd = folderWith({ 'server.ts': service() })
  const env = { CLIQUET_STORAGE_BACKEND: 'cliquet/storage/memory' }
  const { written } = await started(cwd, ['--workers', '2'], env)
  const notice = 'cliquet start: storage, permission, cache in memory: each worker has its own, and takes it along when it ends\n'
  await until('the notice', () => written.stderr.includes(notice))
  assert.equal(written.stderr, notice)
})

const statusOf = async (url: string): Promise<number> => (await fetch(url, { headers: { connection: 'close' } })).status

test('shutdown_delay_seconds holds for workers that end, not for those that are replaced: the port is never said to end', async () => {
  const env = { CLIQUET_SHUTDOWN_DELAY_SECONDS: '4' }
  const command = await started(folderWith({ 'server.ts': service() }), ['--workers', '2'], env)
  const { child, url, ended } = command
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  const seen = new Set<number>()
  let isRestarted = false
  child.kill('SIGHUP')
  void restarted(command, 1).then(() => (isRestarted = true))
  await until('the restart', async () => {
    for (let n = 0; n < 10; n++) seen.add(await statusOf(`${url}__lbheartbeat__`))
    return isRestarted
  })
  assert.deepEqual([...seen], [200])
  child.kill('SIGTERM')
  await until('the heartbeat', async () => (await statusOf(`${url}__lbheartbeat__`)) === 503)
  assert.equal(await statusOf(`${url}who`), 200)
  assert.deepEqual(await ended, [0, null])
})

test('requests that take longer than shutdown_timeout_seconds are cut, and the process ends all the same', async () => {
  for (const args of [[], ['--workers', '2']]) {
    const env = { CLIQUET_SHUTDOWN_TIMEOUT_SECONDS: '0.5' }
    const { child, url, ended } = await started(folderWith({ 'server.ts': service() }), args, env)
    const slow = assert.rejects(ask(`${url}slow`), { code: 'ECONNRESET' })
    await sleep(300)
    child.kill('SIGTERM')
    await slow
    assert.deepEqual(await ended, [0, null])
  }
})
