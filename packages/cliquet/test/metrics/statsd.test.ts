import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { ConfigurationError } from '../../src/index.ts'
import { createMetrics } from '../../src/metrics/statsd/index.ts'
import { parseStatsdUrl } from '../../src/metrics/statsd/location.ts'
import { type Kind, type Lookup, metricsConformance } from '../../src/testing/index.ts'
import { metricsOptions } from './metrics-options.ts'
import { openStatsdServer, type StatsdServer } from './statsd-server.ts'

const servers: StatsdServer[] = []
after(() => Promise.all(servers.map((server) => server.close())))

async function openServer(): Promise<StatsdServer> {
  const server = await openStatsdServer()
  servers.push(server)
  return server
}

/** A port that nobody listens on. */
async function deafPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

const types: Readonly<Record<Kind, readonly string[]>> = { count: ['c', 's'], time: ['ms'], observe: ['h', 'ms'], gauge: ['g'] }

/** What a StatsD server would make of the lines. */
function lookUpIn(lines: readonly string[], nameOf: (name: string, values: readonly (readonly [string, string])[]) => string): Lookup {
  return (kind, name, labels = {}) => {
    const wanted = nameOf(name, Object.entries(labels))
    const found = lines.flatMap((line) => {
      const [, written = '', value = '', type = '', tags = ''] = /^([^:]+):([^|]+)\|([a-z]+)(\|#.*)?$/.exec(line) ?? []
      return written + tags === wanted && types[kind].includes(type) ? [{ value, type }] : []
    })
    if (found.length === 0) return undefined
    if (found[0]?.type === 's') return { total: new Set(found.map(({ value }) => value)).size }
    const numbers = found.map(({ value }) => Number(value))
    const isChange = (value: string): boolean => !wanted.includes('|#') && /^[+-]/.test(value)
    if (kind === 'gauge') return { total: found.reduce((last, { value }) => Number(value) + (isChange(value) ? last : 0), 0) }
    return { total: numbers.reduce((sum, value) => sum + value, 0), times: numbers.length }
  }
}

const plainName = (project: string) => (name: string, labels: readonly (readonly [string, string])[]) =>
  [project, name, ...labels.map(([, value]) => value || '_')].join('.')

const taggedName = (project: string) => (name: string, labels: readonly (readonly [string, string])[]) =>
  `${project}.${name}${labels.length === 0 ? '' : '|#'}${labels.map(([label, value]) => `${label}:${value || '_'}`).join(',')}`

for (const [dialect, query, nameIn] of [
  ['statsd', '', plainName],
  ['statsd with tags', '?tags=dogstatsd', taggedName],
] as const) {
  metricsConformance(
    dialect,
    async ({ project, isHeard }) => {
      const server = isHeard ? await openServer() : undefined
      const metrics = createMetrics(metricsOptions({ project, statsdUrl: `udp://localhost:${server?.port ?? (await deafPort())}${query}` }))
      return {
        metrics,
        async told() {
          await server?.settle()
          return lookUpIn(server?.lines() ?? [], nameIn(project))
        },
      }
    },
    { knowsSets: true },
  )
}

test('lines are gathered into datagrams that fit a frame, and only complete ones are sent', async () => {
  const server = await openServer()
  const metrics = createMetrics(metricsOptions({ project: 'full', statsdUrl: `udp://127.0.0.1:${server.port}` }))
  for (let i = 0; i < 1000; i += 1) metrics.time('backend.storage', i, { method: `m${i}` })
  await metrics.close()
  await server.settle()
  assert.equal(server.lines().length, 1000)
  assert.ok(server.lines().every((line) => /^full\.backend\.storage\.m\d+:\d+\|ms$/.test(line)))
  assert.ok(server.datagrams.every((datagram) => datagram.length <= 1432))
  assert.ok(server.datagrams.length < 40, `${server.datagrams.length} datagrams`)
})

test('what is measured is sent soon, without a close', async () => {
  const server = await openServer()
  const metrics = createMetrics(metricsOptions({ project: 'soon', statsdUrl: `udp://localhost:${server.port}` }))
  metrics.count('a')
  assert.equal(await server.lineWith('soon.a'), 'soon.a:1|c')
  metrics.count('b')
  assert.equal(await server.lineWith('soon.b'), 'soon.b:1|c')
  await metrics.close()
})

test('no user id, label or name breaks a line: colons, pipes and line ends are replaced', async () => {
  const server = await openServer()
  const metrics = createMetrics(metricsOptions({ project: 'a:b c', statsdUrl: `udp://localhost:${server.port}` }))
  metrics.count('users', { unique: 'basicauth:8a93' })
  metrics.time('authentication.my|policy', 1.23456, { method: 'a.b\nc:1|c' })
  await metrics.close()
  await server.settle()
  assert.deepEqual(server.lines(), ['a_b_c.users:basicauth_8a93|s', 'a_b_c.authentication.my_policy.a_b_c_1_c:1.235|ms'])
})

test('the names that the original sent are sent where they differ from ours', async () => {
  const server = await openServer()
  const metrics = createMetrics(metricsOptions({ project: 'ours', statsdPrefix: 'my.shop', statsdUrl: `udp://localhost:${server.port}` }))
  metrics.count('authentication', { labels: { type: 'basicauth' } })
  metrics.count('request_summary', { labels: { method: 'GET', endpoint: 'bookmark-record', status: '200' } })
  await metrics.close()
  await server.settle()
  assert.deepEqual(server.lines(), [
    'my.shop.authn_type.basicauth:1|c',
    'my.shop.view.bookmark-record.GET:1|c',
    'my.shop.request_summary.GET.bookmark-record.200:1|c',
  ])
})

test('a server whose name is not known is told once, and nothing else happens', async () => {
  const warnings: string[] = []
  const options = metricsOptions({ project: 'lost', statsdUrl: 'udp://nowhere.invalid:8125' })
  const metrics = createMetrics({ ...options, warn: (message) => void warnings.push(message) })
  for (let i = 0; i < 5000; i += 1) metrics.time('backend.storage', 1, { method: 'get' })
  await metrics.close()
  await metrics.close()
  assert.equal(warnings.length, 1)
  assert.match(warnings[0] ?? '', /^metrics are not sent, and tried again: .*nowhere\.invalid/)
})

test('addresses of StatsD are read, and mistakes are told', () => {
  assert.deepEqual(parseStatsdUrl('udp://localhost:8125'), { host: 'localhost', port: 8125, tagged: false })
  assert.deepEqual(parseStatsdUrl('udp://[::1]'), { host: '::1', port: 8125, tagged: false })
  assert.deepEqual(parseStatsdUrl('udp://metrics:18125?tags=dogstatsd'), { host: 'metrics', port: 18125, tagged: true })
  for (const wrong of ['localhost:8125', 'http://localhost:8125', 'udp://', 'udp://a/b', 'udp://a?tags=yes', 'udp://a?tag=dogstatsd', '']) {
    assert.throws(() => parseStatsdUrl(wrong), ConfigurationError, wrong)
  }
})
