import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'

/** Work of a memory backend: done at once, in the turn of the write it is joined to. */
interface MemoryWork extends JoinedWork {
  /** @param ids of the records that the write removes */
  run(ids: readonly string[]): void
}

/** Whether the work can be done with writes of the storage whose database this is. */
export const isMemoryWork = (work: JoinedWork, database: object): work is MemoryWork =>
  work.database === database && 'run' in work && typeof work.run === 'function'

/**
 * Takes work before a write and gives what does it after.
 * @throws ConfigurationError when the work belongs to another database: then nothing may be written
 */
export function joined(works: readonly JoinedWork[] | undefined, database: object): (ids: readonly string[]) => void {
  const ours = (works ?? []).map((work) => {
    if (isMemoryWork(work, database)) return work
    throw new ConfigurationError('work of another database can not be joined to a write in memory')
  })
  return (ids) => {
    for (const work of ours) work.run(ids)
  }
}
