import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSqliteUrl } from '../drivers/sqlite/location.ts'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { storageUrl } from './backends.ts'
import type { Settings } from './settings.ts'

/**
 * The key of the user ids of Basic Auth: the setting, or outside production one that is made at the first start and kept beside the SQLite
 * file as `{name}.secret`, so that users find their records again. Without such a file it lasts as long as the process.
 * @throws ConfigurationError in production, if the setting is missing
 */
export function userIdSecret(settings: Settings): string {
  const { useridHmacSecret, isProduction, projectName, storageBackend } = settings
  if (useridHmacSecret !== undefined && !(isProduction && useridHmacSecret === '')) return useridHmacSecret
  if (isProduction) {
    throw new ConfigurationError(
      'the setting "userid_hmac_secret" (CLIQUET_USERID_HMAC_SECRET) must be set in production: any long random text',
    )
  }
  if (storageBackend !== 'cliquet/storage/sqlite') return newSecret()
  return keptSecret(join(dirname(parseSqliteUrl(storageUrl(settings)).path), `${projectName}.secret`))
}

const newSecret = (): string => randomBytes(32).toString('hex')

/** The secret in that file. A new one appears whole or not at all, whoever else starts at the same time. */
function keptSecret(path: string): string {
  const draft = `${path}.${process.pid}`
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(draft, `${newSecret()}\n`, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // what the file system throws has a code
  } finally {
    rmSync(draft)
  }
  return readFileSync(path, 'utf8').trim()
}
