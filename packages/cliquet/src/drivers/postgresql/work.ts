import type { JoinedWork } from '../../primitives/joined-work.ts'
import type { Json } from '../../primitives/json.ts'

/** A call of a function of the database that a storage's write makes: `select <function>(<argument>::jsonb, <ids>::text[])`. */
export interface WorkCall {
  /** Qualified and quoted, ready for SQL. */
  readonly function: string
  readonly argument: Json
}

/** Work that a PostgreSQL storage of the same database commits with a write. */
export interface PostgresWork extends JoinedWork {
  readonly calls: readonly WorkCall[]
}

/** Whether this is work of that database. */
export const isPostgresWork = (work: JoinedWork, database: object): work is PostgresWork => work.database === database
