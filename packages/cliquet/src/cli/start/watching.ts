import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { CommandFailure } from '../frame/failure.ts'

/** Runs a script, again and again: whenever a file changes that it has imported. Ends at SIGINT or SIGTERM. */
export async function runWatched(script: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...process.execArgv, '--watch', '--watch-preserve-output', script, ...args], { stdio: 'inherit' })
  let isEnding = false
  const end = (): void => {
    isEnding = true
    child.kill('SIGTERM')
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  const [code] = await once(child, 'exit')
  process.off('SIGINT', end).off('SIGTERM', end)
  if (!isEnding && code !== 0) throw new CommandFailure(`the watching process ended with code ${code}`)
}
