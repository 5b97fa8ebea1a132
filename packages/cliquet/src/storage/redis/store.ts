import type { RedisDatabase } from '../../drivers/redis/database.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { UniqueFields } from './unique-fields.ts'

/** What reads and writes of one database need. */
export interface Store {
  readonly database: RedisDatabase
  readonly clock: Clock
  readonly uniqueFields: UniqueFields
}
