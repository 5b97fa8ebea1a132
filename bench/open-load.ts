import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { OpenLoad, PhaseResult } from './open-loop.ts'

/** Runs a load in a process of its own. It ends with this one, however that ends. */
export async function sendOpenLoad(load: OpenLoad): Promise<readonly PhaseResult[]> {
  const script = fileURLToPath(new URL('open-loop-process.ts', import.meta.url))
  const child = fork(script, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  child.send(load)
  const answer = await Promise.race([once(child, 'message'), exited.then(() => undefined)])
  if (answer === undefined) throw new Error(`the generator ended before it was done (code ${child.exitCode})`)
  await exited
  return answer[0] as readonly PhaseResult[] // what the process sends
}
