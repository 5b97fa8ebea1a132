import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cliquetUrl, folderWith, runCommand, startCommand } from '../cli/command-process.ts'

const service = `
  import { createService } from '${cliquetUrl}'
  const settings = { storage_backend: 'cliquet/storage/memory' }
  export const service = createService({ name: 'games', version: '1.0', settings }).views(async (app) => {
    app.get('/quit', { config: { public: true } }, async ({ log }) => {
      for (let i = 0; i < 1000; i += 1) log.info({ i }, 'last words')
      process.exit(3)
    })
  })
`

const production = { NODE_ENV: 'production', CLIQUET_MULTIAUTH_POLICIES: 'basicauth', CLIQUET_USERID_HMAC_SECRET: 'hush' }

/** A service in a process of its own. */
interface Running {
  readonly child: ChildProcess
  readonly url: string
  /** What it has written to its standard output so far, line by line. */
  lines(): string[]
  /** Waits until a line matches. @returns it */
  line(pattern: RegExp): Promise<string>
}

async function run(env: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Promise<Running> {
  const child = startCommand(['start', ...args], { cwd: folderWith({ 'service.ts': service }), env: { CLIQUET_PORT: '0', ...env } })
  let written = ''
  child.stdout?.on('data', (text) => (written += text))
  const ended = once(child, 'close')
  after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const lines = (): string[] => written.split('\n').slice(0, -1)
  async function line(pattern: RegExp): Promise<string> {
    for (let i = 0; i < 1500; i += 1) {
      const found = lines().find((candidate) => pattern.test(candidate))
      if (found !== undefined) return found
      await sleep(20)
    }
    return assert.fail(`no line matches ${pattern}:\n${written}`)
  }
  const url = /http:\S+\/v1\//.exec(await line(/http:\S+\/v1\//))?.[0] ?? assert.fail()
  return { child, url, lines, line }
}

test('in development people read the log, below the greeting, and nothing comes twice', async () => {
  const { url, line, lines } = await run()
  await fetch(url)
  assert.match(await line(/request\.summary/), /^\d\d:\d\d:\d\d "GET {3}\/v1\/" 200 \(\d+ ms\) request\.summary agent=/)
  assert.match(lines()[0] ?? '', /^games 1\.0 listens on http:\S+ \(Ctrl-C ends it\)$/)
  assert.equal(lines().filter((text) => /listen/.test(text)).length, 1)
})

test('in production every line is JSON, the first of them tells what listens where', async () => {
  const { url, line, lines } = await run(production)
  await fetch(url, { headers: { 'X-Request-Id': 'mine' } })
  await line(/request\.summary/)
  const [first, second, ...others] = lines().map((text) => JSON.parse(text))
  assert.equal(first.msg, `games 1.0 listens on ${url}`)
  assert.deepEqual([second.msg, second.rid, second.code, others], ['request.summary', 'mine', 200, []])
})

test('the renderers of the original are taken by their names', async () => {
  const mozlog = await run({ ...production, CLIQUET_LOGGING_RENDERER: 'cliquet.logs.MozillaHekaRenderer', HOSTNAME: 'rack-7' })
  const { Type, Logger, Hostname, Pid } = JSON.parse(await mozlog.line(/listens/))
  assert.deepEqual([Type, Logger, Hostname, Pid], [`games 1.0 listens on ${mozlog.url}`, 'games', 'rack-7', mozlog.child.pid])
  const classic = await run({ ...production, CLIQUET_LOGGING_RENDERER: 'cliquet.logs.ClassicLogRenderer' })
  assert.match(await classic.line(/listens/), /^\d\d:\d\d:\d\d games 1\.0 listens on /)
})

test('what is logged before a start that comes to nothing is told', async () => {
  const text = (end: string) => `
    import { createService } from '${cliquetUrl}'
    const service = createService({ name: 'games', version: '1.0', settings: { storage_backend: './missing.js', cache_backend: 'cliquet/cache/memory', permission_backend: 'cliquet/permission/memory' } })
    service.app.log.warn('said early')
    ${end}
  `
  for (const end of ['process.exit(3)', 'await service.listen()', 'throw new TypeError("broken")']) {
    const { code, stdout } = await runCommand(['start'], { cwd: folderWith({ 'service.ts': text(end) }) })
    assert.match(stdout, /^\d\d:\d\d:\d\d WARN said early$/m, end)
    assert.notEqual(code, 0)
  }
})

test('the last lines before the process ends are written', async () => {
  const { child, url, lines } = await run(production)
  await fetch(`${url}quit`).catch(() => {})
  if (child.exitCode === null) await once(child, 'close')
  const last = lines().map((text) => JSON.parse(text))
  assert.deepEqual([child.exitCode, last.length, last.at(-1).i], [3, 1001, 999])
})

/** Asks until the last request line has headers, or none. */
async function untilHeaders(running: Running, wanted: boolean, pid: number | undefined): Promise<void> {
  for (let i = 0; i < 500; i += 1) {
    await fetch(running.url)
    const ofProcess = running.lines().filter((text) => text.includes('request.summary') && text.includes(`"pid":${pid},`))
    if (ofProcess.length > 0 && ofProcess.at(-1)?.includes('"headers":') === wanted) return
    await sleep(20)
  }
  assert.fail(`no line ${wanted ? 'with' : 'without'} headers:\n${running.lines().join('\n')}`)
}

test('SIGUSR2 has everything logged, and the next one the usual', async () => {
  const running = await run(production)
  const { child, line } = running
  await untilHeaders(running, false, child.pid)
  child.kill('SIGUSR2')
  await line(/"log_level":"debug"/)
  await untilHeaders(running, true, child.pid)
  child.kill('SIGUSR2')
  await line(/"log_level":"info"/)
  await untilHeaders(running, false, child.pid)
})

test('SIGUSR2 reaches all workers, those too that come later', async () => {
  const running = await run(production, ['--workers', '2'])
  const pids = (): number[] => [...new Set(running.lines().flatMap((text) => (text.includes('listens on') ? [JSON.parse(text).pid] : [])))]
  const untilPids = async (count: number): Promise<number[]> => {
    for (let i = 0; i < 1500 && pids().length < count; i += 1) await sleep(20)
    return pids()
  }
  const [one, two] = await untilPids(2)
  running.child.kill('SIGUSR2')
  for (const pid of [one, two]) await running.line(new RegExp(`"pid":${pid},.*"log_level":"debug"`))
  process.kill(one ?? 0, 'SIGKILL')
  const [, , three] = await untilPids(3)
  await running.line(new RegExp(`"pid":${three},.*"log_level":"debug"`))
  running.child.kill('SIGUSR2')
  for (const pid of [two, three]) await running.line(new RegExp(`"pid":${pid},.*"log_level":"info"`))
})
