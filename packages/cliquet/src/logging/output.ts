import { destination } from 'pino'
import type { LogOutput } from './contract.ts'

/**
 * The standard output. Each line is written before anything else is done: it is there whatever happens next, and in a pipe lines of several
 * processes don't mix. Measured, gathering lines gains nothing, and having another thread write them costs more.
 */
export function createOutput(): LogOutput {
  let stream: ReturnType<typeof destination> | undefined
  return {
    showsColours: process.stdout.isTTY === true && process.stdout.hasColors(),
    write(line) {
      stream ??= destination({ dest: 1, sync: true })
      stream.write(line)
    },
  }
}
