import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after } from 'node:test'
import { cliquetUrl, folderWith, startCommand } from '../cli/command-process.ts'
import { basicAuth } from '../protocol/service-under-test.ts'

/** A service in a process of its own. */
export interface ServiceProcess {
  /** Of hello. */
  readonly url: string
  /** All that it has written to stderr. */
  readonly stderr: () => string
  readonly ended: Promise<number | null>
  /** Asks for a path below the version prefix, as a user. */
  request(path: string, init?: RequestInit): Promise<Response>
  /** Has it end as an operator does. @returns the exit code */
  end(): Promise<number | null>
}

/** What a view does with a request and its body. */
const viewsOf = (views: Readonly<Record<string, string>>): string =>
  Object.entries(views)
    .map(([path, code]) => `app.all('/${path}', async (request) => { ${code} })`)
    .join('\n')

/** Starts `cliquet start` for a service with these views, path → code. It is ended after the tests of the file. */
export async function startServiceProcess(
  views: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const server = `import { createService, Type } from ${JSON.stringify(cliquetUrl)}
    import { setTimeout as sleep } from 'node:timers/promises'
    const service = createService({ name: 'reported', version: '1.0', settings: { storage_backend: 'cliquet/storage/memory' } })
    service.resource('note', { schema: { text: Type.String() } })
    service.views(async (app) => { ${viewsOf(views)} })
    export default service`
  const cwd = folderWith({ 'server.ts': server, ...files })
  const child = startCommand(['start', 'server.ts'], { cwd, env: { CLIQUET_PORT: '0', CLIQUET_USERID_HMAC_SECRET: 'x', ...env } })
  const written = { stdout: '', stderr: '' }
  const ended = once(child, 'close').then(() => child.exitCode)
  const end = (): Promise<number | null> => {
    child.kill('SIGTERM')
    return ended
  }
  after(end)
  child.stderr?.on('data', (text) => (written.stderr += text))
  const url = await new Promise<string | undefined>((resolve) => {
    child.stdout?.on('data', (text) => {
      written.stdout += text
      const found = / listens on (http:\S+)/.exec(written.stdout)?.[1]
      if (found !== undefined) resolve(found)
    })
    void ended.then(() => resolve(undefined))
  })
  return {
    url: url ?? assert.fail(written.stderr),
    stderr: () => written.stderr,
    ended,
    request: (path, init = {}) => fetch(`${url}${path}`, { ...init, headers: { authorization: basicAuth('mat:secret'), ...init.headers } }),
    end,
  }
}
