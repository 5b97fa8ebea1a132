import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createRequestObservers } from '../../src/http/observers.ts'
import { descriptions } from '../../src/metrics/descriptions.ts'
import { ourBackends } from '../../src/service/backends.ts'
import { createLogTap } from '../../src/service/reporting/log-tap.ts'
import { builtInSteps } from '../../src/service/startup/built-in.ts'

const pageText = (page: string): string => readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8')

test('the page of plugins has a row for each step of the start, in their order, and no other', () => {
  const [, section = ''] = /^## Steps of the start\n(.*?)^(?!\||\n)/ms.exec(pageText('plugins.md')) ?? []
  const steps = builtInSteps({
    options: { name: 'docs', version: '1.0' },
    plugins: [],
    owns: 'app',
    observers: createRequestObservers(),
    tap: createLogTap(),
  })
  assert.deepEqual(
    [...section.matchAll(/^\| `(\w+)` /gm)].map(([, name]) => name),
    steps.map(({ name }) => name),
  )
})

test('the page of backends names each of ours in its first table, and no other', () => {
  const [table = ''] = /^\| engine .*?\n\n/ms.exec(pageText('backends.md')) ?? []
  const expected = Object.entries(ourBackends).flatMap(([contract, engines]) => engines.map((engine) => `cliquet/${contract}/${engine}`))
  assert.deepEqual([...table.matchAll(/cliquet\/\w+\/\w+/g)].map(([name]) => name).sort(), expected.sort())
})

test('the page of metrics has a row for each metric of ours, and no other', () => {
  const [, section = ''] = /^## What is measured\n(.*?)^(?!\||\n)/ms.exec(pageText('metrics.md')) ?? []
  const names = section.split('\n').flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  assert.deepEqual(names.sort(), Object.keys(descriptions).sort())
})
