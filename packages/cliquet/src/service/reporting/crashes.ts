import { inspect } from 'node:util'

/** Marks listeners of ours. */
const OURS = Symbol.for('cliquet.crash')

/**
 * Has `report` told of what nobody caught in this process, rejections included, and waits for what it promises before the process ends, as it would
 * have without us. Where somebody else listens to `uncaughtException`, ending the process is theirs. @returns what takes that back
 */
export function watchCrashes(report: (error: unknown) => Promise<void>): () => void {
  const onCrash = (error: unknown): void => {
    const reported = report(error)
    if (process.listeners('uncaughtException').some((listener) => !(OURS in listener))) return
    process.stderr.write(`Uncaught ${inspect(error)}\n`)
    void reported.finally(() => process.exit(1))
  }
  const listener = Object.assign(onCrash, { [OURS]: true })
  process.on('uncaughtException', listener)
  return () => void process.off('uncaughtException', listener)
}
