import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseExposition, type Sample, total } from '../metrics/exposition.ts'
import { cliquetUrl, folderWith, startCommand } from './command-process.ts'

const service = `
  import { createService } from '${cliquetUrl}'
  const open = { config: { public: true, service: 'who' } }
  const settings = { log_level: 'silent', storage_backend: 'cliquet/storage/memory', metrics_backend: 'cliquet/metrics/prometheus' }
  export const service = createService({ name: 'games', version: '1.0', settings }).views(async (app) => {
    app.get('/who', open, async () => {
      app.metrics.gauge('answering', 1)
      return { pid: process.pid }
    })
  })
`

/** Asks on a connection of its own, so that the workers take turns. */
async function ask(url: string, status = 200): Promise<string> {
  const request = get(url, { agent: new Agent({ keepAlive: false }), headers: { connection: 'close' } })
  const [response]: IncomingMessage[] = await once(request, 'response')
  assert.equal(response?.statusCode, status)
  return await text(response ?? assert.fail())
}

/** Waits until a process tells where its service listens. It is ended after the tests. */
async function urlOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'close')
  let written = ''
  child.stdout?.on('data', (bytes) => (written += bytes))
  after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  for (let turn = 0; turn < 400 && !/http:\S+/.test(written); turn += 1) await sleep(50)
  return /http:\S+/.exec(written)?.[0] ?? assert.fail('it does not listen')
}

const startWorkers = (count: number): Promise<string> =>
  urlOf(startCommand(['start', '--workers', String(count)], { cwd: folderWith({ 'server.ts': service }), env: { CLIQUET_PORT: '0' } }))

const pidOf = async (url: string): Promise<number> => JSON.parse(await ask(`${url}who`)).pid

/** Asks until so many processes have answered. @returns how often each of them was asked */
async function askWorkers(url: string, count: number): Promise<Map<number, number>> {
  const asked = new Map<number, number>()
  for (let turn = 0; turn < 2000 && asked.size < count; turn += 1) {
    const pid = await pidOf(url)
    asked.set(pid, (asked.get(pid) ?? 0) + 1)
  }
  assert.equal(asked.size, count, 'so many workers answer')
  return asked
}

const sum = (asked: ReadonlyMap<number, number>): number => [...asked.values()].reduce((all, one) => all + one, 0)

const scrape = async (url: string): Promise<readonly Sample[]> => parseExposition(await ask(`${url}__metrics__`))

/** What is told of the answers of `/who`; answers are counted when their last byte is sent, which may be a little later. */
async function answersTold(url: string, expected: number): Promise<number | undefined> {
  let told: number | undefined
  for (let turn = 0; turn < 100 && told !== expected; turn += 1) {
    if (turn > 0) await sleep(50)
    told = total(await scrape(url), 'games_request_summary_total', { endpoint: 'who' })
  }
  return told
}

test('whichever worker Prometheus asks, it is told of all of them, and nothing that was counted is lost when one ends', async () => {
  const url = await startWorkers(3)
  const asked = await askWorkers(url, 3)
  const first = sum(asked)
  // More often than there are workers: each of them is asked.
  for (let turn = 0; turn < 7; turn += 1) assert.equal(await answersTold(url, first), first)

  const gauges = (await scrape(url)).filter(({ name }) => name === 'games_answering')
  assert.equal(new Set(gauges.map(({ labels }) => labels.worker)).size, 3, 'gauges are told of each worker')

  const [crashing = 0, ending = 0] = asked.keys()
  process.kill(crashing, 'SIGKILL')
  await sleep(100)
  assert.equal(await answersTold(url, first), first, 'of a worker that crashes nothing is lost that was told before')

  const again = await askWorkers(url, 2)
  process.kill(ending, 'SIGTERM')
  const second = first + sum(again)
  await sleep(300)
  assert.equal(await answersTold(url, second), second, 'of one that ends nothing is lost at all')

  const third = second + sum(await askWorkers(url, 3))
  assert.equal(await answersTold(url, third), third, 'those that take their place count on')
  const after = (await scrape(url)).filter(({ name }) => name === 'games_answering')
  assert.equal(after.length, 3, 'gauges of workers that have ended are gone')
})

test('R2.9: a worker whose measurements nobody adds up does not tell its own as if they were all', async () => {
  const primary = `
    import cluster from 'node:cluster'
    if (cluster.isPrimary) process.on('SIGTERM', () => process.exit())
    if (cluster.isPrimary) cluster.fork()
    else (await import('./server.ts')).service.listen({ port: 0 })`
  const cwd = folderWith({ 'primary.mjs': primary, 'server.ts': service })
  const url = await urlOf(spawn(process.execPath, ['primary.mjs'], { cwd, stdio: 'pipe' }))
  assert.equal(await ask(`${url}__metrics__`, 204), '')
})
