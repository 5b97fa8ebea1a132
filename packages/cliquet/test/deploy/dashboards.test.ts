import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { parse } from 'yaml'
import { Type } from '../../src/index.ts'
import { parseExposition, type Sample } from '../metrics/exposition.ts'
import { openService, reasonToSkip } from '../protocol/service-under-test.ts'
import { fileWith } from '../service/settings-sources.ts'
import { parseQuery } from './promql.ts'

const textOf = (file: string): string => readFileSync(new URL(`../../../../deploy/${file}`, import.meta.url), 'utf8')

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[]
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

const dashboard: { readonly panels: readonly Panel[] } = JSON.parse(textOf('grafana/cliquet-dashboard.json'))
const alerts: { readonly groups: readonly { readonly rules: readonly Rule[] }[] } = parse(textOf('prometheus/cliquet-alerts.yml'))
const rules = alerts.groups.flatMap((group) => group.rules)

/** As Grafana does, with values of its own. */
const withoutVariables = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|endpoint)/g, '.+')

const panelQueries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
)

/** Labels that Prometheus adds to whatever it reads. */
const ofPrometheus = ['job', 'instance']

/** There are pools on PostgreSQL only. */
const backend = reasonToSkip('postgresql') === false ? 'postgresql' : 'memory'

let samples: readonly Sample[] = []

before(async () => {
  const listener = fileWith('audit.mjs', 'export const createListener = () => ({ run() {} })')
  const { request, service } = await openService({
    backend,
    settings: {
      metrics_backend: 'cliquet/metrics/prometheus',
      prometheus_prefix: 'cliquet',
      event_listeners: 'audit',
      'event_listeners.audit.use': listener,
    },
    prepare: (made) => made.resource('bookmark', { schema: { url: Type.URL() } }),
  })
  await request('POST', '/v1/bookmarks', { body: { data: { url: 'https://example.org/' } } })
  await request('GET', '/v1/bookmarks')
  await request('GET', '/v1/__heartbeat__')
  await service.app.cache.get('unknown')
  // How long turns of the event loop take is told every 5 s, and listeners need not be done yet.
  for (let turn = 0; turn < 300 && !['delay', 'listeners'].every((word) => samples.some(({ name }) => name.includes(word))); turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    samples = parseExposition((await request('GET', '/v1/__metrics__')).text)
  }
})

/** What of a query a service does not tell. */
function missingFrom(expression: string): string[] {
  const { selectors, groups, made } = parseQuery(withoutVariables(expression))
  const told = selectors.map(({ name, labels }) => ({ name, labels, found: samples.filter((sample) => name.test(sample.name)) }))
  const known = new Set([...ofPrometheus, ...made, ...told.flatMap(({ found }) => found.flatMap((sample) => Object.keys(sample.labels)))])
  return [
    ...told.filter(({ found }) => found.length === 0).map(({ name }) => String(name)),
    ...told.flatMap(({ labels, found }) =>
      labels.filter((label) => !ofPrometheus.includes(label) && !found.some((sample) => label in sample.labels)),
    ),
    ...groups.filter((group) => !known.has(group)),
  ].filter((name) => backend === 'postgresql' || !name.includes('cliquet_pool_'))
}

test('every metric and label that the dashboard shows is told by a service', () => {
  assert.ok(panelQueries.length > 30)
  for (const { title, expr } of panelQueries) assert.deepEqual(missingFrom(expr), [], `${title}: ${expr}`)
})

test('every metric and label that an alert looks at is told by a service', () => {
  assert.ok(rules.length >= 7)
  for (const { alert, expr } of rules) assert.deepEqual(missingFrom(expr), [], alert)
})

test('what a legend or a message names is what the query groups by', () => {
  for (const { title, expr, legendFormat } of panelQueries) {
    const { groups } = parseQuery(withoutVariables(expr))
    const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name)
    assert.deepEqual(
      named.filter((name) => !groups.includes(name)),
      [],
      title,
    )
  }
  for (const { alert, expr, annotations, labels } of rules) {
    const { groups } = parseQuery(expr)
    const named = [
      ...Object.values(annotations)
        .join(' ')
        .matchAll(/\$labels\.(\w+)/g),
    ].map(([, name = '']) => name)
    assert.deepEqual(
      named.filter((name) => !groups.includes(name)),
      [],
      alert,
    )
    assert.ok(['page', 'ticket'].includes(labels.severity ?? ''), alert)
  }
})

test('panels have ids of their own and don’t overlap', () => {
  assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  assert.equal(new Set(cells).size, cells.length)
  assert.ok(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24))
})

test('what is no PromQL, and what no service tells, would be found', () => {
  assert.throws(() => parseQuery('sum by (le) (rate(cliquet_x[5m])'), /no PromQL/)
  assert.deepEqual(missingFrom('sum by (status) (rate(cliquet_request_sumary_total[5m]))'), [
    '/^(?:cliquet_request_sumary_total)$/',
    'status',
  ])
  assert.deepEqual(missingFrom('sum by (path) (rate(cliquet_request_summary_total{route="x"}[5m]))'), ['route', 'path'])
})
