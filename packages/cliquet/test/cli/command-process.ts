import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** Where the modules of services in tests import from. */
export const cliquetUrl = new URL('../../src/index.ts', import.meta.url).href

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string
  /** Added to the environment, from which settings of other services are taken. */
  readonly env?: Readonly<Record<string, string>>
  /** What the command reads. */
  readonly input?: string | Buffer
}

/** What a command came to. */
export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Longest time a command may take, ms. */
const PATIENCE = 60_000

/** A folder with these files, which is removed after the tests of the file. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'cliquet-cli-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

/** Starts the command, as a process of its own. Whoever starts it ends it. */
export function startCommand(args: readonly string[], { cwd, env = {} }: CommandOptions): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/^(CLIQUET_(?!TEST_)|PORT$|NODE_ENV$|NODE_TEST_CONTEXT$)/.test(name))
  return spawn(process.execPath, [script, ...args], { cwd, env: { ...Object.fromEntries(own), ...env }, stdio: 'pipe' })
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = startCommand(args, options)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  child.stdin?.on('error', () => {}) // it need not read what it is given
  child.stdin?.end(options.input ?? '')
  const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')])
  clearTimeout(timer)
  return { code: child.exitCode, stdout, stderr }
}

const read = (stream: ChildProcess['stdout']): Promise<string> => (stream === null ? Promise.resolve('') : text(stream))
