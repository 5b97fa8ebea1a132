import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GivenSettings } from '../../src/index.ts'
import { basicAuth } from './service-under-test.ts'

/** An answer of a process. */
export interface Answer {
  readonly status: number
  readonly etag: string
  readonly body: unknown
}

/** What is sent besides method and path. */
export interface Sent {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends one request to a process. */
export type Send = (method: string, path: string, sent?: Sent) => Promise<Answer>

/** A service in a process of its own. */
export interface ServiceProcess {
  readonly send: Send
  /** Lets it end in good order. @throws AssertionError if it takes longer than 10 s; it is killed then. A second call does nothing */
  end(): Promise<void>
}

/** How long a process may take to end, ms. */
const PATIENCE = 10_000

/** Starts a service in a process of its own, with the resources `/articles` and `/counters`. `clockShift`: how far its clock is ahead, ms. */
export async function startProcess(settings: GivenSettings, { clockShift = 0 } = {}): Promise<ServiceProcess> {
  const clock = clockShift === 0 ? [] : ['--import', new URL(`shifted-clock.ts?ms=${clockShift}`, import.meta.url).href]
  const child = fork(new URL('service-process-server.ts', import.meta.url), [JSON.stringify(settings)], { execArgv: clock })
  const exit = once(child, 'exit')
  const [port] = await Promise.race([once(child, 'message'), exit.then(([code]) => assert.fail(`the server ended with ${code}`))])
  let ended: Promise<void> | undefined
  async function end(): Promise<void> {
    if (child.connected) child.disconnect()
    const late = await Promise.race([exit.then(() => false), sleep(PATIENCE, true, { ref: false })])
    if (late) child.kill('SIGKILL')
    await exit
    assert.equal(late, false, 'a process has not ended in time')
  }
  return { send: (method, path, sent) => request(`http://127.0.0.1:${port}/v1${path}`, method, sent), end: () => (ended ??= end()) }
}

async function request(url: string, method: string, { body, headers }: Sent = {}): Promise<Answer> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const options = {
    method,
    headers: { authorization: basicAuth('mat:secret'), ...type, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }
  const response = await fetch(url, options)
  const text = await response.text()
  return { status: response.status, etag: response.headers.get('etag') ?? '', body: text === '' ? {} : JSON.parse(text) }
}

/** `data` of a body. */
export const dataOf = ({ body }: Answer): unknown => (body as { data?: unknown }).data // every body is an object
