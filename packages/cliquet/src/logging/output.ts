import { destination } from 'pino'
import type { LogOutput } from './contract.ts'

/** What a pipe takes at once, in bytes: lines of several processes don't mix in it. */
const AT_ONCE = 4096

/**
 * The standard output. What is logged within one turn of the event loop is written together at its end, not more than `AT_ONCE` unless one line
 * is longer, and nothing else is done meanwhile: it is there whatever happens next. Measured, one writing a line costs as much as making it,
 * and having another thread write costs more.
 */
export function createOutput(): Required<LogOutput> {
  let stream: ReturnType<typeof destination> | undefined
  let pending = ''
  let bytes = 0

  function open(): ReturnType<typeof destination> {
    process.once('exit', flushSync)
    return destination({ dest: 1, sync: true })
  }

  function flushSync(): void {
    if (pending === '') return
    stream?.write(pending)
    pending = ''
    bytes = 0
  }

  return {
    showsColours: process.stdout.isTTY === true && process.stdout.hasColors(),
    flushSync,
    write(line) {
      const more = Buffer.byteLength(line)
      if (bytes + more > AT_ONCE) flushSync()
      if (pending === '') {
        stream ??= open()
        setImmediate(flushSync)
      }
      pending += line
      bytes += more
    },
    end() {
      flushSync()
      process.removeListener('exit', flushSync)
      stream = undefined
    },
  }
}
