import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cliquetUrl, folderWith, runCommand, startCommand } from './command-process.ts'

/** A service that tells which process answers, can be made to crash, and is slow where that is asked for. */
const service = (title = 'one') => `
  import { setTimeout as sleep } from 'node:timers/promises'
  import { createService } from '${cliquetUrl}'
  const open = { config: { public: true } }
  export const service = createService({ name: 'games', version: '1.0', settings: { log_level: 'silent' } }).views(async (app) => {
    app.get('/who', open, async () => ({ pid: process.pid, title: '${title}' }))
    app.get('/crash', open, async () => process.exit(7))
    app.get('/slow', open, async () => { await sleep(1500); return { done: true } })
  })
`

/** A command that was started, and what it has written. */
interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly written: { stdout: string; stderr: string }
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

/** Waits until it holds, at most 20 s. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await holds()) return
    await sleep(50)
  }
  assert.fail(`waited for: ${what}`)
}

/** Starts a service and waits until it tells where it listens. */
async function started(cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const child = startCommand(['start', ...args], {
    cwd,
    env: { CLIQUET_PORT: '0', ...env },
  })
  const written = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text) => (written.stdout += text))
  child.stderr?.on('data', (text) => (written.stderr += text))
  const ended = once(child, 'close').then(() => [child.exitCode, child.signalCode] as const)
  after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(timer)
  })
  await until('the URL', () => /http:\S+/.test(written.stdout) || child.exitCode !== null)
  return { child, url: /http:\S+/.exec(written.stdout)?.[0] ?? assert.fail(written.stderr), written, ended }
}

interface Who {
  readonly pid: number
  readonly title: string
}

/** Asks on a connection of its own, so that the workers take turns. */
function ask(url: string): Promise<Who> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    get(url, { agent, headers: { connection: 'close' } }, (response) => {
      let body = ''
      response.on('data', (text) => (body += text)).on('end', () => resolve(JSON.parse(body) as Who)) // what the service above answers
    }).on('error', reject)
  })
}

async function pidsOf(url: string): Promise<ReadonlySet<number>> {
  const pids = new Set<number>()
  for (let i = 0; i < 20; i += 1) pids.add((await ask(`${url}who`)).pid)
  return pids
}

test('start runs the service that a module exports, and ends it cleanly at SIGTERM', async () => {
  const { child, url, ended } = await started(folderWith({ 'server.ts': service() }))
  assert.equal((await ask(`${url}who`)).pid, child.pid)
  const slow = ask(`${url}slow`)
  await sleep(200)
  child.kill('SIGTERM')
  assert.deepEqual(await slow, { done: true }, 'requests in flight finish')
  assert.deepEqual(await ended, [0, null])
})

test('start finds the module by its name, by `main` of package.json, or as the default export', async () => {
  const files = { 'a.ts': service('a').replace('const service =', 'default'), 'b.ts': service('b'), 'package.json': '{"main":"b.ts"}' }
  const cwd = folderWith({ ...files, 'a.ts': service('a').replace('export const service =', 'export default') })
  assert.equal((await ask(`${(await started(cwd, ['a.ts'])).url}who`)).title, 'a')
  assert.equal((await ask(`${(await started(cwd)).url}who`)).title, 'b')
})

test('a module that listens by itself runs as it is, also in workers', async () => {
  const cwd = folderWith({ 'service.ts': `${service()}; await service.listen()` })
  for (const args of [[], ['--workers', '2']]) {
    const { child, url, ended } = await started(cwd, args)
    assert.equal((await ask(`${url}who`)).title, 'one')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  }
})

test('a module that neither exports a service nor listens is a failure', async () => {
  const { code, stderr } = await runCommand(['start', 'tool.ts'], { cwd: folderWith({ 'tool.ts': 'export const answer = 42' }) })
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet start: \S+tool\.ts exports no service and does not listen: .+\n$/)
})

test('start takes its settings from --config', async () => {
  const cwd = folderWith({ 'server.ts': service(), 'my.ini': 'project_name = by-file\nhttp_api_version = 7.0' })
  const { url, written } = await started(cwd, ['--config', 'my.ini'])
  assert.match(url, /\/v7\/$/)
  assert.match(written.stdout, /^by-file 1\.0 listens on/)
})

test('workers share the port, one that crashes is replaced, and all end at SIGTERM', async () => {
  const { child, url, written, ended } = await started(folderWith({ 'server.ts': service() }), ['--workers', '3'])
  await until('three workers', async () => (await pidsOf(url)).size === 3)
  const before = await pidsOf(url)
  assert.ok(!before.has(child.pid ?? 0))
  await assert.rejects(ask(`${url}crash`))
  await until('a new worker', async () => {
    const now = await pidsOf(url)
    return now.size === 3 && [...now].filter((pid) => !before.has(pid)).length === 1
  })
  assert.match(written.stderr, /^cliquet start: worker \d+ ended \(code 7\): the next one starts in 0\.5 s\n$/)
  assert.equal(written.stdout.match(/listens on/g)?.length, 1, 'one of them greets')
  const slow = ask(`${url}slow`)
  await sleep(200)
  child.kill('SIGTERM')
  assert.deepEqual(await slow, { done: true })
  assert.deepEqual(await ended, [0, null])
  await assert.rejects(ask(`${url}who`), 'nobody is left')
})

test('workers end once when the terminal tells all of them', async () => {
  const { child, url, ended } = await started(folderWith({ 'server.ts': service() }), ['--workers', '2'])
  await until('two workers', async () => (await pidsOf(url)).size === 2)
  const slow = ask(`${url}slow`)
  await sleep(200)
  for (const pid of await pidsOf(url)) process.kill(pid, 'SIGINT')
  child.kill('SIGINT')
  assert.deepEqual(await slow, { done: true })
  assert.deepEqual(await ended, [0, null])
})

test('a service that can not start ends all, and is told once', async () => {
  const cwd = folderWith({ 'server.ts': service() })
  const { code, stderr } = await runCommand(['start', '--workers', '3'], { cwd, env: { CLIQUET_PORT: 'none' } })
  assert.equal(code, 1)
  assert.match(stderr, /^cliquet start: environment variable CLIQUET_PORT must be [^\n]+\ncliquet start: the service did not start\n$/)
})

test('--watch starts the service anew when its module changes', async () => {
  const cwd = folderWith({ 'server.ts': service('one') })
  const { child, url, written, ended } = await started(cwd, ['--watch'])
  assert.equal((await ask(`${url}who`)).title, 'one')
  writeFileSync(join(cwd, 'server.ts'), service('two'))
  await until('the second start', () => (written.stdout.match(/listens on/g)?.length ?? 0) >= 2)
  const again = [...written.stdout.matchAll(/http:\S+\/v1\//g)].at(-1)?.[0] ?? ''
  assert.equal((await ask(`${again}who`)).title, 'two')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
  await assert.rejects(ask(`${again}who`), 'nobody is left')
})
