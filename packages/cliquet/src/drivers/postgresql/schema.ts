/** How a table is spread over the nodes of a distributed database (Citus). */
export interface Distribution {
  readonly table: string
  /** The column whose value decides the node; every key begins with it. */
  readonly column: string
  /** A table whose rows of the same value lie on the same node, if it is there; else the table is spread by itself. */
  readonly with?: string | undefined
}

/** A function that every node of a distributed database must have. */
export interface DistributedFunction {
  /** Name and types of the arguments, as in `put(text, bigint)`. */
  readonly signature: string
  /** Where it runs as a whole: on the node that has that value of one of its arguments. Else on the node that is asked. */
  readonly delegated?: { readonly argument: string; readonly with: string } | undefined
}

/** The tables and functions of one backend. */
export interface PostgresSchema {
  /** What they are called in `meta`. */
  readonly name: string
  /**
   * The statements of each version, in order; the last one is the current. Released ones are never changed, new ones are added.
   * `sql` is given the quoted name of the PostgreSQL schema, with a dot.
   */
  readonly versions: readonly { readonly title: string; sql(at: string): string }[]
  readonly distributions: readonly Distribution[]
  readonly functions?: readonly DistributedFunction[]
}
