/** What keeps the records of both servers. */
export type BackendName = 'sqlite' | 'postgresql'

/** A database engine, empty and of our own. */
export interface Backend {
  readonly name: BackendName
  /** What the numbers depend on: engine, version, how safe a commit is. */
  readonly facts: string
  /** Makes a database with that name. @returns where it is, as servers are told: a file or a URL */
  createDatabase(name: string): Promise<string>
  /** Does what the engine does by itself sooner or later (clearing up, statistics), so that it does not do it while something is measured. */
  settle(location: string): Promise<void>
}
