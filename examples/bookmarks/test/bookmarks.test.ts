import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

interface Running {
  readonly process: ChildProcess
  readonly url: string
  /** The commands that it prints for pasting. */
  readonly commands: readonly string[]
}

/** Starts the example as `npm start` does, on a free port, its data in `folder`. */
async function start(folder: string): Promise<Running> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../server.ts')], {
    cwd: folder,
    env: { ...process.env, CLIQUET_PORT: '0', NODE_ENV: 'development' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk
    if (output.includes('_since=')) break
  }
  const url = /http:\S+/.exec(output)?.[0] ?? ''
  return { process: child, url, commands: output.split('\n').flatMap((line) => (line.startsWith('  curl') ? [line.trim()] : [])) }
}

async function stop({ process: child }: Running): Promise<number | null> {
  child.kill('SIGINT')
  const [code] = await once(child, 'exit')
  return code
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'bookmarks-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const headers = { authorization: `Basic ${btoa('me:secret')}`, 'content-type': 'application/json' }

test('the example starts, keeps a bookmark, ends cleanly at SIGINT, and has it again when it is started again', async (t) => {
  const folder = temporaryFolder(t)
  const first = await start(folder)
  t.after(() => first.process.kill())
  const body = JSON.stringify({ data: { url: 'https://example.org/' } })
  const created = await fetch(`${first.url}bookmarks`, { method: 'POST', headers, body })
  assert.equal(created.status, 201)
  assert.equal(await stop(first), 0)

  const second = await start(folder)
  t.after(() => second.process.kill())
  const list = await fetch(`${second.url}bookmarks`, { headers })
  const { data } = JSON.parse(await list.text())
  assert.deepEqual(
    data.map(({ url }: { url: string }) => url),
    ['https://example.org/'],
  )
  assert.equal(await stop(second), 0)
})

test('the commands that it prints work when pasted', async (t) => {
  if (!hasCurl()) return t.skip('curl is not here')
  const running = await start(temporaryFolder(t))
  t.after(() => running.process.kill())
  assert.equal(running.commands.length, 3)
  const answers = running.commands.map((command) =>
    JSON.parse(execFileSync('sh', ['-c', `${command} --silent --fail`], { encoding: 'utf8' })),
  )
  const [created, listed, changed] = answers
  assert.equal(created.data.url, 'https://example.org/')
  assert.deepEqual(listed.data, [created.data])
  assert.deepEqual(changed.data, [created.data])
  await stop(running)
})

function hasCurl(): boolean {
  try {
    execFileSync('curl', ['--version'])
    return true
  } catch {
    return false
  }
}
