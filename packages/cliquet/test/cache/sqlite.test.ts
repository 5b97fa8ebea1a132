import { DatabaseSync } from 'node:sqlite'
import type { Cache } from '../../src/cache/contract.ts'
import { createSqliteCache } from '../../src/cache/sqlite/index.ts'
import { cacheConformance } from '../../src/testing/index.ts'
import { createTemporaryFiles } from '../drivers/sqlite/temporary-file.ts'

const temporaryFile = createTemporaryFiles()
const shared = temporaryFile()
const prefixes = new WeakMap<Cache, string>()

cacheConformance(
  'sqlite',
  ({ clock, prefix }) => {
    const cache = createSqliteCache({ url: shared, clock, prefix })
    prefixes.set(cache, prefix)
    return cache
  },
  {
    entries(cache) {
      const file = new DatabaseSync(shared, { readOnly: true })
      const row = file.prepare('select count(*) as n from cache where prefix=?').get(prefixes.get(cache) ?? '')
      file.close()
      return Number(row?.n)
    },
  },
)
