import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { folderWith, runCommand } from './command-process.ts'
import { ask, pidsOf, service, started, until } from './started-service.ts'

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
  assert.match(written.stderr, /^cliquet start: worker \d+ ended \(code 7\)(: the next one starts in 0\.5 s)?\n$/)
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
