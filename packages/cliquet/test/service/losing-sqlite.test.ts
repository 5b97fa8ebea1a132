import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { dataOf, type ServiceProcess, startProcess } from '../protocol/service-process.ts'
import { temporaryFolder } from '../protocol/service-under-test.ts'
import { uuid } from '../resource/http/scenario.ts'

/** A way to run out of space. */
interface Shortage {
  /** Becomes the program it is given, where that can run out of space. */
  command(folder: string): readonly string[]
  exhaust(process: ServiceProcess, folder: string): void
  relieve(process: ServiceProcess, folder: string): void
}

/** The file that takes all space, as it is seen from outside the process's own mounts. */
const filler = ({ pid }: ServiceProcess, folder: string): string => join(`/proc/${pid}/root`, folder, 'filler')

const run = (file: string, ...args: readonly string[]): boolean => spawnSync(file, args, { stdio: 'ignore' }).status === 0

const limit = (pid: number, bytes: string): void => assert.ok(run('prlimit', '--pid', String(pid), `--fsize=${bytes}:`))

const mounting = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=4m tmpfs "$0" && exec "$@"']

const shortages: Readonly<Record<string, Shortage>> = {
  'a full file system': {
    command: (folder) => [...mounting, folder],
    exhaust(process, folder) {
      const { bavail, bsize } = statfsSync(join(filler(process, folder), '..'))
      writeFileSync(filler(process, folder), Buffer.alloc(bavail * bsize))
    },
    relieve: (process, folder) => rmSync(filler(process, folder)),
  },
  'files that may not grow': {
    command: () => ['prlimit', '--fsize=unlimited:'],
    exhaust: ({ pid }) => limit(pid, '200000'),
    relieve: ({ pid }) => limit(pid, 'unlimited'),
  },
}

for (const [name, { command, exhaust, relieve }] of Object.entries(shortages)) {
  const [file = '', ...args] = [...command(temporaryFolder()), 'true']
  const skip = run(file, ...args) ? false : `this system does not let us have ${name}`

  it(`R3.19 S30: on SQLite with ${name} what does not fit is a 503 and leaves nothing behind; it is written when there is space`, {
    skip,
  }, async (t) => {
    const folder = temporaryFolder()
    const settings = {
      ...{ storage_backend: 'cliquet/storage/sqlite', storage_url: join(folder, 'data.sqlite') },
      ...{ log_level: 'silent', userid_hmac_secret: '', retry_after_seconds: 7 },
    }
    const service = await startProcess(settings, { command: command(folder) })
    t.after(() => service.end())
    const { send } = service
    const path = `/articles/${uuid(1)}`
    const long = { data: { title: 'x'.repeat(900_000) } }
    const short = { method: 'PUT', path: `/counters/${uuid(2)}` }
    assert.equal((await send('PUT', path, { body: { data: { title: 'kept' } } })).status, 201)
    const look = () => Promise.all([send('GET', '/articles'), send('GET', '/counters?_since=0')])
    const before = await look()

    exhaust(service, folder)
    for (let round = 0; round < 3; round += 1) {
      const refused = [
        await send('PUT', path, { body: long }),
        await send('POST', '/articles', { body: long }),
        await send('POST', '/batch', { body: { requests: [short, { method: 'PUT', path, body: long }] } }),
      ]
      for (const { status, retry } of refused) assert.deepEqual([status, retry], [503, '7'])
      assert.deepEqual(await look(), before)
    }

    relieve(service, folder)
    assert.equal((await send('PUT', path, { body: long })).status, 200)
    assert.equal((await send(short.method, short.path)).status, 201)
    assert.equal((await send('GET', '/__heartbeat__')).status, 200)
    const [{ title } = { title: '' }] = dataOf((await look())[0]) as readonly { title: string }[] // of a list
    assert.equal(title.length, 900_000)
  })
}
