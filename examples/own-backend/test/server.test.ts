import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createService, Type } from 'cliquet'

const example = join(import.meta.dirname, '..')

interface Service {
  /** Its first line. */
  readonly banner: string
  readonly url: string
  end(): Promise<number | null>
}

interface Start {
  readonly script: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

async function start(t: TestContext, { script, cwd, env }: Start): Promise<Service> {
  const child: ChildProcess = spawn(process.execPath, [script], {
    cwd,
    env: { ...process.env, CLIQUET_PORT: '0', NODE_ENV: 'development', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill())
  let output = ''
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    output += chunk
    if (output.includes('_since=')) break
  }
  const end = async (): Promise<number | null> => {
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    const [code] = await exit
    return code
  }
  return { banner: output, url: /http:\S+/.exec(output)?.[0] ?? assert.fail(`no URL: ${output}`), end }
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'own-backend-'))
  t.after(() => rmSync(folder, { recursive: true, maxRetries: 3 }))
  return folder
}

const headers = { authorization: `Basic ${btoa('me:secret')}`, 'content-type': 'application/json' }

const create = (url: string, bookmark: string): Promise<Response> =>
  fetch(`${url}bookmarks`, { method: 'POST', headers, body: JSON.stringify({ data: { url: bookmark } }) })

async function urlsAt(url: string): Promise<readonly string[]> {
  const { data } = JSON.parse(await (await fetch(`${url}bookmarks?_sort=url`, { headers })).text())
  return data.map((bookmark: { url: string }) => bookmark.url)
}

test('chosen by the .ini: the example keeps bookmarks in its journal, and has them again when it is started again', async (t) => {
  const folder = temporaryFolder(t)
  const journal = join(folder, 'bookmarks.journal')
  // The file says all but where the data of this test is.
  const env = {
    CLIQUET_STORAGE_URL: `journal:${journal}`,
    CLIQUET_PERMISSION_URL: join(folder, 'permissions.sqlite'),
    CLIQUET_CACHE_URL: join(folder, 'cache.sqlite'),
  }
  const service = { script: join(example, 'server.ts'), cwd: folder, env }
  const first = await start(t, service)
  assert.equal((await create(first.url, 'https://example.org/')).status, 201)
  assert.equal((await create(first.url, 'https://example.org/')).status, 200, 'it is there already')
  assert.match(readFileSync(journal, 'utf8'), /https:\/\/example\.org\//)
  assert.equal(await first.end(), 0)

  const second = await start(t, service)
  assert.deepEqual(await urlsAt(second.url), ['https://example.org/'])
  assert.deepEqual(JSON.parse(await (await fetch(`${second.url}__heartbeat__`)).text()).storage, true)
  assert.equal(await second.end(), 0)
})

test('chosen by the environment: the service of the README keeps its bookmarks in a journal', async (t) => {
  const journal = join(temporaryFolder(t), 'bookmarks.journal')
  const env = {
    CLIQUET_STORAGE_BACKEND: './journal-storage.ts',
    CLIQUET_STORAGE_URL: `journal:${journal}`,
    CLIQUET_PERMISSION_BACKEND: 'cliquet/permission/memory',
    CLIQUET_CACHE_BACKEND: 'cliquet/cache/memory',
    CLIQUET_USERID_HMAC_SECRET: 'of this test',
  }
  const service = { script: join(example, '../bookmarks/server.ts'), cwd: example, env }
  const first = await start(t, service)
  assert.equal((await create(first.url, 'https://example.org/')).status, 201)
  assert.equal(await first.end(), 0)
  const second = await start(t, service)
  assert.deepEqual(await urlsAt(second.url), ['https://example.org/'])
  assert.equal(await second.end(), 0)
})

test('chosen in code: a batch is kept as a whole, or not at all', async (t) => {
  const service = createService({
    name: 'bookmarks',
    version: '1.0',
    settings: {
      storage_backend: join(example, 'journal-storage.ts'),
      storage_url: `journal:${join(temporaryFolder(t), 'bookmarks.journal')}`,
      permission_backend: 'cliquet/permission/memory',
      cache_backend: 'cliquet/cache/memory',
      log_level: 'silent',
    },
  })
  t.after(() => service.close())
  service.resource('bookmark', { schema: { url: Type.URL() }, uniqueFields: ['url'] })
  const url = await service.listen({ port: 0, greets: false })
  const batch = async (...urls: readonly string[]): Promise<readonly number[]> => {
    const requests = urls.map((bookmark) => ({ method: 'PUT', path: `/bookmarks/${randomUUID()}`, body: { data: { url: bookmark } } }))
    const answer = await fetch(`${url}batch`, { method: 'POST', headers, body: JSON.stringify({ requests }) })
    return JSON.parse(await answer.text()).responses.map(({ status }: { status: number }) => status)
  }
  assert.deepEqual(await batch('https://one.example/', 'https://two.example/'), [201, 201])
  assert.deepEqual(await batch('https://three.example/', 'https://one.example/'), [201, 409])
  assert.deepEqual(await urlsAt(url), ['https://one.example/', 'https://two.example/'], 'the conflict has undone the rest')
})
