import type { Distribution, TableSet } from '../migrations.ts'

/** A function that every node of a distributed database must have. */
export interface DistributedFunction {
  /** Name and types of the arguments, as in `put(text, bigint)`. */
  readonly signature: string
  /** Where it runs as a whole: on the node that has that value of one of its arguments. Else on the node that is asked. */
  readonly delegated?: { readonly argument: string; readonly with: string } | undefined
}

/** The tables and functions of one backend or plugin. */
export interface PostgresSchema extends TableSet {
  readonly distributions: readonly Distribution[]
  readonly functions?: readonly DistributedFunction[]
}
