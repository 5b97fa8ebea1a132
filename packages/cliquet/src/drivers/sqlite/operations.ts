import { extname } from 'node:path'
import type { SqliteConnection } from './connection.ts'

/**
 * Runs inside a write transaction, in the writer thread or, as part of a longer transaction, in the main thread. Input and output are structured-clone data. What it throws undoes this operation only;
 * it may be run again from the start when another one of its group failed, so it must not keep state.
 */
export type Operation = (connection: SqliteConnection, input: never) => unknown

/** What a module of operations exports as `operations`. */
export type Operations = Readonly<Record<string, Operation>>

/** The input of an operation. */
export type InputOf<O extends Operation> = Parameters<O>[1]

/** URL of a module beside the one whose `import.meta.url` is given, with its ending: `.ts` from sources, `.js` when compiled. */
export const moduleBeside = (base: string, name: string): URL => new URL(`./${name}${extname(new URL(base).pathname)}`, base)

/** The operations of the module with that URL. */
export async function loadOperations(url: string): Promise<Operations> {
  const module: unknown = await import(url)
  const { operations } = module as { operations: Operations } // what `Operations` says of such modules
  return operations
}
