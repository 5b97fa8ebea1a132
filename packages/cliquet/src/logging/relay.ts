import type { LogSink } from './contract.ts'

/** Where a service logs to from its first moment on: lines are kept until it is known where they go. */
export interface Relay extends Required<LogSink> {
  readonly isOpen: boolean
  /** Lets the kept lines, and all that follow, go to `sink`. */
  open(sink: LogSink): void
}

/** Makes a relay. @param fallback gives a sink for what is still kept when the process ends */
export function createRelay(fallback: () => LogSink): Relay {
  const kept: string[] = []
  let target: LogSink | undefined

  function open(sink: LogSink): void {
    process.removeListener('exit', giveUp)
    target = sink
    for (const line of kept.splice(0)) sink.write(line)
  }

  function giveUp(): void {
    open(fallback())
    target?.flushSync?.()
  }

  return {
    open,
    get isOpen() {
      return target !== undefined
    },
    write(line) {
      if (target !== undefined) target.write(line)
      else if (kept.push(line) === 1) process.once('exit', giveUp)
    },
    flushSync: () => target?.flushSync?.(),
    end: () => target?.end?.(),
  }
}
