import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogEntry, LogOutput, RendererOptions } from '../../src/index.ts'
import { createRenderer as createHumanRenderer } from '../../src/logging/human/index.ts'
import { createRenderer as createMozlogRenderer } from '../../src/logging/mozlog/index.ts'

type Render = (entry: LogEntry) => string

/** What the renderer makes of entries. */
function rendering(create: (options: RendererOptions) => unknown, showsColours = false): Render {
  const output: LogOutput = { write: () => {}, showsColours }
  const render = create({ projectName: 'books', output })
  assert.ok(typeof render === 'function')
  return (entry) => String(render(entry))
}

const time = '2026-01-02T03:04:05.678Z'
/** As people here read it. */
const clock = new Date(time).toTimeString().slice(0, 8)
const entry = (fields: Partial<LogEntry>): LogEntry => ({ level: 30, time, pid: 7, hostname: 'box', ...fields })

const summary = entry({
  msg: 'request.summary',
  ...{ method: 'GET', path: '/v1/books', querystring: '_since=7', code: 200, t: 3, rid: 'a-1', agent: 'Mozilla/5.0 (X11)', errno: 0 },
})

test('people read what was asked and answered first, then the rest by name', () => {
  const render = rendering(createHumanRenderer)
  assert.equal(render(summary), `${clock} "GET   /v1/books?_since=7" 200 (3 ms) request.summary agent="Mozilla/5.0 (X11)" errno=0 rid=a-1`)
  assert.equal(render(entry({ msg: 'the cache is full', size: 3, list: ['a'] })), `${clock} the cache is full list=["a"] size=3`)
  assert.equal(render(entry({ msg: '' })), clock)
})

test('people see how severe a line is, unless it is usual', () => {
  const render = rendering(createHumanRenderer)
  const labels = [10, 20, 30, 40, 50, 60].map((level) => render(entry({ level, msg: 'm' })).slice(clock.length))
  assert.deepEqual(labels, [' TRACE m', ' DEBUG m', ' m', ' WARN m', ' ERROR m', ' FATAL m'])
})

test('people see the stack of an error, and what else it tells, below its line', () => {
  const render = rendering(createHumanRenderer)
  const err = { type: 'TypeError', message: 'no', stack: 'TypeError: no\n    at f', code: 'E_NO' }
  assert.equal(
    render(entry({ level: 50, msg: 'unexpected error', err })),
    `${clock} ERROR unexpected error\n  TypeError: no\n      at f\n  {"code":"E_NO"}`,
  )
  assert.equal(render(entry({ msg: 'm', err: 'text' })), `${clock} m\n  text`)
})

test('the colours are those of the classic lines of the original', () => {
  const text = rendering(createHumanRenderer, true)(summary)
  assert.ok(text.includes('\x1b[1m"GET   /v1/books?_since=7"\x1b[22m \x1b[33m200 (3 ms)\x1b[39m request.summary'), text)
  assert.ok(text.includes('\x1b[36mrid\x1b[39m=\x1b[35ma-1\x1b[39m'), text)
})

test('what clients send neither begins a line nor moves the cursor of a terminal', () => {
  const render = rendering(createHumanRenderer)
  const evil = 'a\n12:00:00 "GET" \x1b[2J\x9b1A\u2028\u202e'
  const text = render(entry({ msg: evil, method: 'GET', path: evil, agent: evil, 'na\nme': evil, err: { stack: evil } }))
  const lines = text.split('\n')
  assert.equal(lines.length, 3, 'only a stack has several lines')
  assert.doesNotMatch(lines.join(''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})

test('MozLog puts the entry into its envelope, nanoseconds to the last digit', () => {
  const text = rendering(createMozlogRenderer)(summary)
  assert.ok(text.startsWith('{"Timestamp":1767323045678000000,'), text)
  const { Timestamp: _, ...others } = JSON.parse(text)
  assert.deepEqual(others, {
    Type: 'request.summary',
    Logger: 'books',
    Hostname: 'box',
    EnvVersion: '2.0',
    Severity: 6,
    Pid: 7,
    Fields: {
      ...{ method: 'GET', path: '/v1/books', querystring: '_since=7', code: 200, t: 3 },
      ...{ rid: 'a-1', agent: 'Mozilla/5.0 (X11)', errno: 0 },
    },
  })
})

test('MozLog tells severities as syslog, and as JSON what Heka does not know', () => {
  const render = rendering(createMozlogRenderer)
  const severities = [10, 20, 30, 40, 50, 60].map((level) => JSON.parse(render(entry({ level }))).Severity)
  assert.deepEqual(severities, [7, 7, 6, 4, 2, 0])
  const fields = {
    object: { a: 1 },
    mixed: [1, 'a'],
    objects: [{ a: 1 }],
    nulls: [null],
    words: ['a', 'b'],
    empty: [],
    none: null,
    yes: true,
  }
  assert.deepEqual(JSON.parse(render(entry(fields))).Fields, {
    object: '{"a":1}',
    mixed: '[1,"a"]',
    objects: '[{"a":1}]',
    nulls: '[null]',
    words: ['a', 'b'],
    empty: [],
    none: 'null',
    yes: true,
  })
})
