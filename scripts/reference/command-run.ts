import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** How a command has ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** The last line of stdout. */
  readonly last: string
}

/** A command of the folder `scripts` that a test runs. */
export interface CommandRun {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Temporary folders that are left. */
  folders(): readonly string[]
  /** Processes that work for it, by their command lines. */
  processes(): readonly string[]
}

/** Starts a command with a place for temporary files of its own. */
export function startCommand(t: TestContext, script: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): CommandRun {
  const root = mkdtempSync(join(tmpdir(), 'cliquet-command-'))
  const temporary = join(root, 'temporary')
  mkdirSync(temporary)
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const { INIT_CWD: _, NODE_TEST_CONTEXT: __, ...inherited } = process.env
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', script), ...args], {
    env: { ...inherited, TMPDIR: temporary, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text))
  return {
    child,
    ended: once(child, 'exit').then(async ([code]) => {
      // Of a command that was killed somebody may still hold the other end.
      await Promise.race([once(child, 'close'), new Promise((resolve) => setTimeout(resolve, 1000))])
      return { code: typeof code === 'number' ? code : null, ...texts, last: texts.stdout.trimEnd().split('\n').at(-1) ?? '' }
    }),
    folders: () => readdirSync(temporary),
    // Every server is told its folder in an argument.
    processes: () => commandLines().filter((line) => line.includes(`"folder":"${temporary}`)),
  }
}

const commandLines = (): string[] => execFileSync('ps', ['-A', '-ww', '-o', 'args'], { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\n')

/** Runs a command to its end. */
export const runCommandLine = (
  t: TestContext,
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> => startCommand(t, script, args, environment).ended

/** Resolves as soon as the condition holds. @throws after 20 s */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > deadline) throw new RangeError(`waited 20 s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
