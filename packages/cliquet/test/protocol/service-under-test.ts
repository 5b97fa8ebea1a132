import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { type CliquetOptions, createService, type GivenSettings, type Service } from '../../src/index.ts'
import { ownSchema } from '../servers/postgresql-schema.ts'
import { postgresUrl, redisUrl, skipWithout } from '../servers/server-urls.ts'

/** A method of the service, or any other word. */
export type Method = string

/** What is sent besides method and path. */
export interface Sent {
  readonly headers?: OutgoingHttpHeaders
  /** Text and bytes are sent as they are, anything else as JSON with its content type. */
  readonly body?: unknown
  /** `user:password` for Basic Auth. Default: `mat:secret`; null sends no credentials. */
  readonly auth?: string | null
}

/** An object of a body. */
export type Fields = Readonly<Record<string, unknown>>

/** What came back. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** The body as an object; `{}` where it is empty or none. */
  readonly body: Fields
  /** `data` of the answer about one record. */
  readonly record: Fields
  /** `data` of a list. */
  readonly records: readonly Fields[]
  /** The timestamp in the ETag. */
  readonly timestamp: number
}

/** Sends one request. */
export type Send = (method: Method, path: string, sent?: Sent) => Promise<Received>

/** A running service with two ways to it. */
export interface ServiceUnderTest {
  readonly service: Service
  /** Over a socket. */
  readonly request: Send
  /** In the process, without a socket. */
  readonly inject: Send
  /** Sends these bytes over a connection of their own; answers all that comes back until the server closes it or is silent for 300 ms. */
  raw(bytes: string | Buffer): Promise<string>
  readonly host: string
  close(): Promise<void>
}

/** What to open. */
export interface OpenOptions extends Partial<CliquetOptions> {
  /** Where records are kept: in memory unless told otherwise. */
  readonly backend?: BackendName
  /** Adds resources and routes before the start. */
  readonly prepare?: (service: Service) => void
}

/** Where a service under test can keep things. */
export type BackendName = 'memory' | 'sqlite' | 'postgresql' | 'redis'

/** Why there is no server for that backend, if so; `false` where it can be used. */
export function reasonToSkip(backend: BackendName): string | false {
  if (backend === 'postgresql') return skipWithout(postgresUrl, 'PostgreSQL')
  return backend === 'redis' ? skipWithout(redisUrl, 'Redis') : false
}

/** Where services under test can keep things here; with `CI=true` everywhere. */
export const usableBackends = (['memory', 'sqlite', 'postgresql', 'redis'] as const).filter((backend) => reasonToSkip(backend) === false)

/** Whether what a batch wrote is undone when the batch fails: S32 is a declared gap of the others. */
export const rollsBack = (backend: BackendName): boolean => backend === 'sqlite' || backend === 'postgresql'

/** Settings of a service that keeps everything in that backend, in a place of its own. */
export function backendSettings(backend: BackendName = 'memory'): GivenSettings {
  return {
    storage_backend: `cliquet/storage/${backend}`,
    storage_url: places[backend](),
    log_level: 'silent',
    userid_hmac_secret: '',
  }
}

let count = 0

const places: Readonly<Record<BackendName, () => string | undefined>> = {
  memory: () => undefined,
  sqlite: () => join(temporaryFolder(), 'test.sqlite'),
  postgresql: () => ownSchema(`service${++count}`),
  redis: () => `${redisUrl}?prefix=service-${process.pid}-${++count}`,
}

const root = mkdtempSync(join(tmpdir(), 'cliquet-service-'))
process.on('exit', () => rmSync(root, { recursive: true, force: true }))

/** A new folder that is removed when the process ends. */
export const temporaryFolder = (): string => mkdtempSync(join(root, 'test-'))

/** Opens a service (`v1` unless told otherwise) on a free port. It is closed after the test, or the file, in which it was opened. */
export async function openService({ backend, prepare, settings, ...options }: OpenOptions = {}): Promise<ServiceUnderTest> {
  const service = createService({ name: 'test', version: '1.0', ...options, settings: { ...backendSettings(backend), ...settings } })
  prepare?.(service)
  await service.ready()
  await service.app.listen({ host: '127.0.0.1', port: 0 })
  const agent = new Agent({ keepAlive: true })
  const address = service.app.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async (): Promise<void> => {
    agent.destroy()
    await service.close()
  }
  after(close)
  return {
    service,
    host: `127.0.0.1:${port}`,
    request: (method, path, sent) => overSocket({ agent, port }, method, path, sent),
    inject: (method, path, sent) => inProcess(service, method, path, sent),
    raw: (bytes) => rawExchange(port, bytes),
    close,
  }
}

/** The value of an `Authorization` header. */
export const basicAuth = (credentials: string): string => `Basic ${Buffer.from(credentials).toString('base64')}`

interface Payload {
  readonly headers: OutgoingHttpHeaders
  readonly bytes: string | Buffer | undefined
}

function payload({ headers = {}, body, auth = 'mat:secret' }: Sent): Payload {
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  const credentials = auth === null ? {} : { authorization: basicAuth(auth) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const all: OutgoingHttpHeaders = { ...type, ...credentials, ...lower }
  return { headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)), bytes }
}

/** An answer whose body is parsed when it is looked at. */
function received(status: number, headers: Readonly<Record<string, unknown>>, text: string): Received {
  const shown = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(', ') : String(value),
  ])
  const named: Readonly<Record<string, string | undefined>> = Object.fromEntries(shown)
  const answer = {
    status,
    headers: named,
    text,
    get body(): Fields {
      return text === '' ? {} : (JSON.parse(text) as Fields) // every body of the service is an object
    },
    get record(): Fields {
      return answer.body.data as Fields // only asked of answers about one record
    },
    get records(): readonly Fields[] {
      return answer.body.data as readonly Fields[] // only asked of lists
    },
    get timestamp(): number {
      return Number(named.etag?.slice(1, -1))
    },
  }
  return answer
}

interface Way {
  readonly agent: Agent
  readonly port: number
}

function overSocket({ agent, port }: Way, method: Method, path: string, sent: Sent = {}): Promise<Received> {
  const { headers, bytes } = payload(sent)
  const chunked = headers['transfer-encoding'] !== undefined
  const length = bytes === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(bytes) }
  return new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage): void => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(received(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())))
      response.on('error', reject)
    }
    const request = httpRequest({ agent, host: '127.0.0.1', port, method, path, headers: { ...length, ...headers } }, onResponse)
    request.on('error', reject)
    request.end(bytes)
  })
}

async function inProcess(service: Service, method: Method, path: string, sent: Sent = {}): Promise<Received> {
  const { headers, bytes } = payload(sent)
  const { app } = service
  const options = { method: method as 'GET', url: path, headers, ...(bytes === undefined ? {} : { payload: bytes }) } // inject's type lists the usual methods only
  const response = await app.inject(options)
  return received(response.statusCode, response.headers, response.payload)
}

function rawExchange(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const finish = (): void => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('end', finish)
    socket.setTimeout(300, finish)
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)))
  })
}
