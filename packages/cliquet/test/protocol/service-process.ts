import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { GivenSettings } from '../../src/index.ts'
import { basicAuth } from './service-under-test.ts'

/** An answer of a process. */
export interface Answer {
  readonly status: number
  readonly etag: string
  /** The header `Retry-After`. */
  readonly retry: string | null
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
  readonly pid: number
  readonly send: Send
  /** Lets it end in good order. @throws AssertionError if it takes longer than 10 s; it is killed then. A second call does nothing */
  end(): Promise<void>
}

/** How long a process may take to end, ms. */
const PATIENCE = 10_000

/** How a process is started. */
export interface ProcessOptions {
  /** How far its clock is ahead, ms. */
  readonly clockShift?: number
  /** A command that becomes the program it is given: `nice -n 10`. */
  readonly command?: readonly string[]
}

const program = fileURLToPath(new URL('service-process-server.ts', import.meta.url))

/** Starts a service in a process of its own, with the resources `/articles` and `/counters`, and `/cached/{key}`. */
export async function startProcess(
  settings: GivenSettings,
  { clockShift = 0, command = [] }: ProcessOptions = {},
): Promise<ServiceProcess> {
  const clock = clockShift === 0 ? [] : ['--import', new URL(`shifted-clock.ts?ms=${clockShift}`, import.meta.url).href]
  const [file = process.execPath, ...args] = [...command, process.execPath, ...clock, program, JSON.stringify(settings)]
  const child: ChildProcess = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
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
  return {
    pid: child.pid ?? 0,
    send: (method, path, sent) => request(`http://127.0.0.1:${port}/v1${path}`, method, sent),
    end: () => (ended ??= end()),
  }
}

/** Starts several at once on one database; one for each clock. If one does not start, none is left. */
export async function startProcesses(settings: GivenSettings, clockShifts: readonly number[]): Promise<readonly ServiceProcess[]> {
  const outcomes = await Promise.allSettled(clockShifts.map((clockShift) => startProcess(settings, { clockShift })))
  const processes = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  if (processes.length === outcomes.length) return processes
  await Promise.all(processes.map((one) => one.end()))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  throw failed?.reason
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
  const { headers: told } = response
  return {
    status: response.status,
    etag: told.get('etag') ?? '',
    retry: told.get('retry-after'),
    body: text === '' ? {} : JSON.parse(text),
  }
}

/** `data` of a body. */
export const dataOf = ({ body }: Answer): unknown => (body as { data?: unknown }).data // every body is an object
