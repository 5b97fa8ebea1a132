import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { type Finding, findable } from '../../drivers/redis/finding.ts'
import { isRedisWork, type RedisWork } from '../../drivers/redis/work.ts'
import { BackendError } from '../../errors/backend-error.ts'
import type { JoinedWork } from '../../primitives/joined-work.ts'

/**
 * Work to do with a write. What concerns keys of the same parent is done inside the script of the write; the rest, which a cluster may keep on
 * another server, right after it.
 */
export interface Joined {
  /** Of `runSteps`, as the scripts of writes take them. */
  readonly steps: string
  /** Runs a write so that what its steps change is found. */
  write<T>(run: () => Promise<T>): Promise<T>
  /** Does the rest after a write that was not refused. `below`: what `runSteps` gave back. */
  finish(ids: readonly string[], below: readonly (string | null)[]): Promise<void>
}

/** Takes work before a write to that parent. @throws BackendError when it belongs to another database: then nothing may be written */
export function joined(database: RedisDatabase, parentId: string, works: readonly JoinedWork[] = []): Joined {
  const ours = works.map((work): RedisWork => {
    if (isRedisWork(work, database)) return work
    throw new BackendError(`Redis ${database.place} can't join work of another database to a write`)
  })
  const near = ours.filter((work) => work.parentId === parentId)
  const far = ours.filter((work) => work.parentId !== parentId)
  const findings = near.flatMap((work): readonly Finding[] => work.findings)
  return {
    steps: `[${near.map(({ steps }) => steps.slice(1, -1)).join(',')}]`,
    write: (run) => findable(database, findings, run),
    finish: async (ids, below) => {
      const uris = below.filter((uri) => uri !== null)
      for (const work of near) await work.finish(ids, uris)
      for (const work of far) await work.run(ids)
    },
  }
}
