import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Cleanup } from './cleanup.ts'

/** Runs a Node script to its end and resolves to its exit code; every line that it prints goes to `onLine`. */
export async function runScript(
  file: string,
  args: readonly string[],
  { cleanup, onLine }: { readonly cleanup: Cleanup; readonly onLine: (line: string) => void },
): Promise<number> {
  // In a group of its own, so that Ctrl-C in a terminal reaches us alone and we decide.
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  const ended = once(child, 'close')
  const end = cleanup.add(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', onLine)
  const [[code]] = await Promise.all([ended, once(lines, 'close')])
  cleanup.checkpoint()
  await end()
  return typeof code === 'number' ? code : 1
}
