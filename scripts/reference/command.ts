import { type Cleanup, createCleanup } from './cleanup.ts'

/** What keeps a command from starting or going on, in one line. Its exit code is 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The text of anything that was thrown. */
const textOf = (error: unknown): string => {
  if (error instanceof CommandError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/**
 * Runs a command and ends the process with the exit code it resolves to. Whatever happens (an exception, Ctrl-C, a signal), everything that
 * was put into the cleanup is undone first.
 */
export async function runCommand(name: string, main: (cleanup: Cleanup) => Promise<number>): Promise<never> {
  const cleanup = createCleanup()
  for (const [signal, code] of Object.entries(signals)) {
    process.on(signal, () => {
      void cleanup.run().finally(() => process.exit(code))
    })
  }
  let code = 1
  try {
    code = await main(cleanup)
  } catch (error) {
    // What fails because a signal has ended everything is no news.
    if (cleanup.isRunning()) await new Promise(() => {})
    process.stderr.write(`${name}: ${textOf(error)}\n`)
    code = error instanceof CommandError ? 2 : 1
  }
  await cleanup.run()
  return process.exit(code)
}
