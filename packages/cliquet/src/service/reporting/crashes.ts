import { inspect } from 'node:util'

/** Marks listeners of ours. */
const OURS = Symbol.for('cliquet.crash')

/** What is done about a crash. */
export interface CrashWork {
  readonly report: (error: unknown) => void
  /** Has it told before the process ends; never rejects. */
  readonly flush: () => Promise<void>
}

/**
 * Has what nobody caught in this process, rejections included, reported before the process ends as it would have without us. Where somebody else listens to
 * `uncaughtException`, ending the process is theirs. @returns what takes that back
 */
export function watchCrashes({ report, flush }: CrashWork): () => void {
  const onCrash = (error: unknown): void => {
    report(error)
    if (process.listeners('uncaughtException').some((listener) => !(OURS in listener))) return
    process.stderr.write(`Uncaught ${inspect(error)}\n`)
    void flush().finally(() => process.exit(1))
  }
  const listener = Object.assign(onCrash, { [OURS]: true })
  process.on('uncaughtException', listener)
  return () => void process.off('uncaughtException', listener)
}
