import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createProfiler, withoutProfiler } from '../../src/profiling/profiler.ts'

const frame = (functionName: string, url = '') => ({ functionName, url, scriptId: '1', lineNumber: 1, columnNumber: 1 })

test('what the profiler itself did, at the beginning and at the end, is left out, and the time that it took', () => {
  const nodes = [
    { id: 1, callFrame: frame('(root)'), hitCount: 0, children: [2, 3] },
    { id: 2, callFrame: frame('handler', 'file:///server.ts'), hitCount: 2, children: [4] },
    { id: 3, callFrame: frame('(idle)'), hitCount: 1 },
    { id: 4, callFrame: frame('post', 'node:inspector'), hitCount: 3, children: [5] },
    { id: 5, callFrame: frame('dispatch'), hitCount: 1 },
  ]
  const profile = { nodes, startTime: 1000, endTime: 2000, samples: [4, 5, 2, 3, 4, 2, 4], timeDeltas: [500, 20, 30, 40, 50, 60, 70] }
  const { nodes: shown, ...rest } = withoutProfiler(profile)
  assert.deepEqual(rest, { startTime: 1550, endTime: 1700, samples: [2, 3, 4, 2], timeDeltas: [0, 40, 50, 60] })
  assert.deepEqual(
    shown.map(({ hitCount }) => hitCount),
    [0, 2, 1, 1, 0],
  )
})

test('a profile of nothing but the profiler stays as it is', () => {
  const nodes = [{ id: 1, callFrame: frame('post', 'node:inspector') }]
  const profile = { nodes, startTime: 1, endTime: 2, samples: [1], timeDeltas: [1] }
  assert.equal(withoutProfiler(profile), profile)
})

test('one profile after the other has the samples of its own time', () => {
  const profiler = createProfiler(100)
  for (const work of [20, 40]) {
    profiler.start()
    const end = performance.now() + work
    while (performance.now() < end) JSON.stringify({ end })
    const { startTime, endTime, samples, timeDeltas, nodes } = profiler.stop() as Parameters<typeof withoutProfiler>[0] // what the inspector gives
    const hits = nodes.reduce((sum, { hitCount = 0 }) => sum + hitCount, 0)
    assert.deepEqual([hits, timeDeltas?.length], [samples?.length, samples?.length])
    assert.equal(
      timeDeltas?.reduce((sum, delta) => sum + delta, 0),
      endTime - startTime,
    )
    assert.ok(endTime > startTime)
  }
  profiler.close()
})
