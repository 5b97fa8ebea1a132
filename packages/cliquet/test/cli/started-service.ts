import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cliquetUrl, startCommand } from './command-process.ts'

/** A service that tells which process answers, can be made to crash, and is slow where that is asked for. */
export const service = (title = 'one') => `
  import { setTimeout as sleep } from 'node:timers/promises'
  import { createService } from '${cliquetUrl}'
  const open = { config: { public: true } }
  export const service = createService({ name: 'games', version: '1.0', settings: { log_level: 'silent', overload_delay_seconds: 0 } }).views(async (app) => {
    app.get('/who', open, async () => ({ pid: process.pid, title: '${title}' }))
    app.get('/crash', open, async () => process.exit(7))
    app.get('/slow', open, async () => { await sleep(1500); return { done: true } })
  })
`

/** A command that was started, and what it has written. */
export interface Started {
  readonly child: ChildProcess
  readonly url: string
  readonly written: { stdout: string; stderr: string }
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
}

/** Waits until it holds, at most 20 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i += 1) {
    if (await holds()) return
    await sleep(50)
  }
  assert.fail(`waited for: ${what}`)
}

/** Starts a service and waits until it tells where it listens. */
export async function started(cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<Started> {
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

/** What `GET /who` of the service answers. */
export interface Who {
  readonly pid: number
  readonly title: string
}

/** Asks on a connection of its own, so that the workers take turns. */
export function ask(url: string): Promise<Who> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    get(url, { agent, headers: { connection: 'close' } }, (response) => {
      let body = ''
      response.on('data', (text) => (body += text)).on('end', () => resolve(JSON.parse(body) as Who)) // what the service above answers
    }).on('error', reject)
  })
}

/** The processes that answer. */
export async function pidsOf(url: string): Promise<ReadonlySet<number>> {
  const pids = new Set<number>()
  for (let i = 0; i < 20; i += 1) pids.add((await ask(`${url}who`)).pid)
  return pids
}
