import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createService, type GivenSettings, type Service, Type } from '../../src/index.ts'
import { requestName } from '../../src/service/profiling/names.ts'
import { backendSettings, openService, type ServiceUnderTest, temporaryFolder } from '../protocol/service-under-test.ts'

/** A `.cpuprofile`. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: number[]
  }[]
  readonly startTime: number
  readonly endTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** Works so many ms. */
function workAsNamed(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end) JSON.stringify({ end })
}

/** The same for another test: what is optimised before a profile begins may be part of its caller there. */
function workOtherwiseNamed(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end) JSON.stringify({ end })
}

function prepare(service: Service): void {
  service.resource('note', { schema: { text: Type.String() } })
  service.views(async (app) => {
    app.get('/work', async () => {
      workAsNamed(30)
      return {}
    })
    app.get('/work-otherwise', async () => {
      workOtherwiseNamed(50)
      return {}
    })
    app.get('/wait', async () => {
      await sleep(300)
      return {}
    })
  })
}

interface Profiled extends ServiceUnderTest {
  readonly folder: string
  /** The names of profiles, when there are so many. */
  written(count: number): Promise<readonly string[]>
}

async function openProfiled(settings: GivenSettings = {}): Promise<Profiled> {
  const folder = join(temporaryFolder(), 'of', 'profiles')
  const service = await openService({ prepare, settings: { profiler_enabled: true, profiler_dir: folder, ...settings } })
  return {
    ...service,
    folder,
    async written(count) {
      for (;;) {
        const names = readdirSync(folder)
        if (names.length >= count) return names.sort()
        await sleep(20)
      }
    },
  }
}

const read = (folder: string, name: string): Profile => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile // checked below

test('a profile of a request says in its name which one it was, and holds what it ran', async () => {
  const { request, folder, written, close } = await openProfiled()
  assert.equal(statSync(folder).mode & 0o077, 0, 'it is nobody else’s')
  await request('GET', '/v1/work?secret=hidden')
  const [name = ''] = await written(1)
  assert.match(name, /^GET\.v1\.work\.\d{6}ms\.\d{13}\.cpuprofile$/)
  assert.ok(Number(/(\d+)ms/.exec(name)?.[1]) >= 30, name)
  await close()
  const { nodes, samples, timeDeltas, startTime, endTime } = read(folder, name)
  const work = nodes.find(({ callFrame }) => callFrame.functionName === 'workAsNamed')
  assert.match(work?.callFrame.url ?? '', /profiling\.test\.ts$/)
  const ids = new Set(nodes.map(({ id }) => id))
  assert.ok(samples.length > 0 && samples.every((id) => ids.has(id)))
  assert.ok(nodes.every(({ children = [] }) => children.every((id) => ids.has(id))))
  assert.equal(timeDeltas.length, samples.length)
  assert.ok(endTime - startTime >= 30_000)
})

test('a request beside the profiled one is in its profile, and has none of its own', async () => {
  const { request, written, close } = await openProfiled()
  const waiting = request('GET', '/v1/wait')
  await sleep(100)
  await request('GET', '/v1/notes')
  await request('POST', '/v1/batch', { body: { requests: [{ path: '/notes' }, { path: '/notes' }] } })
  await waiting
  await request('GET', '/v1/notes')
  const names = await written(2)
  await close()
  assert.deepEqual(
    names.map((name) => name.replace(/\d{6}ms\.\d{13}/, '…')),
    ['GET.v1.notes.….cpuprofile', 'GET.v1.wait.….2-others.cpuprofile'],
  )
})

test('the folder keeps the newest profiles, and what is not one of them', async () => {
  const { request, folder, close } = await openProfiled({ profiler_max_files: 2 })
  writeFileSync(join(folder, 'README'), 'kept')
  const paths = ['/v1/a', '/v1/b', '/v1/c', '/v1/d']
  for (const path of paths) {
    await request('GET', path)
    // Times of files are compared.
    await sleep(50)
  }
  await close()
  const kept = readdirSync(folder).sort()
  assert.deepEqual(
    kept.map((name) => name.replace(/\.\d{6}ms.*/, '')),
    ['GET.v1.c', 'GET.v1.d', 'README'],
  )
})

test('profiles of seconds are of all requests of the process, and of no time without any', async () => {
  const { request, folder, written, close } = await openProfiled({ profiler_seconds: 1 })
  await request('GET', '/v1/work-otherwise')
  await request('GET', '/v1/notes')
  const [name = ''] = await written(1)
  await sleep(1500)
  await request('GET', '/v1/notes')
  await close()
  assert.match(name, /^all\.\d{6}ms\.\d{13}\.[12]-requests\.cpuprofile$/)
  const names = readdirSync(folder)
  assert.ok(names.length <= 3, String(names))
  assert.ok(names.some((one) => read(folder, one).nodes.some(({ callFrame }) => callFrame.functionName === 'workOtherwiseNamed')))
})

test('what is in a path that is not for names of files is replaced', () => {
  const about = { method: 'GET', duration: 12.4, startedAt: 1_795_473_199_547, others: 0 }
  assert.equal(requestName({ ...about, path: '/' }), 'GET.root.000012ms.1795473199547')
  assert.equal(requestName({ ...about, path: '/v1/a%2F..%2Fb/:x/é', others: 3 }), 'GET.v1.a_2F.._2Fb._x._.000012ms.1795473199547.3-others')
  assert.ok(requestName({ ...about, path: `/${'a'.repeat(5000)}` }).length < 200)
})

test('a folder that can’t be made ends the start; without profiler_enabled none is made', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const settings = { ...backendSettings(), profiler_dir: join(file, 'profiles') }
  const service = createService({ name: 'wrong', version: '1.0', settings: { ...settings, profiler_enabled: true } })
  await assert.rejects(service.ready(), /^ConfigurationError: setting "profiler_dir": the folder .* can't be made: ENOTDIR/)
  const off = join(temporaryFolder(), 'profiles')
  const { request } = await openService({ settings: { profiler_dir: off } })
  await request('GET', '/v1/')
  assert.ok(!existsSync(off))
})
