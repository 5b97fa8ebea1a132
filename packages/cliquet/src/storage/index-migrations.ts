import type { Migrations } from '../drivers/migrations.ts'
import type { ResourceDeclaration } from './contract.ts'

/** One change to the indexes of fields. */
export interface IndexStep {
  /** What it is about, in a few words. */
  readonly title: string
  readonly sql: string
}

/** Brings the indexes of fields to what resources declare, as `Storage.prepare` does, while others go on writing. */
export interface IndexMigrations {
  /** What is still to be done, in order; changes nothing. */
  pending(): Promise<readonly IndexStep[]>
  /**
   * Does it, and tells each step when it is done. What is interrupted is taken up by the next run. Of two processes at once one waits for the other.
   * @throws ConfigurationError that names a pair of records when stored values are double already
   */
  apply(tell: (step: IndexStep) => void): Promise<void>
}

/** What `createMigrations` of a storage module may give beside. Without `indexes` they are left to `prepare`. */
export interface StorageMigrations extends Migrations {
  indexes?(resources: readonly ResourceDeclaration[]): IndexMigrations
}
