import { existsSync } from 'node:fs'
import { parseSqliteUrl } from '../../drivers/sqlite/location.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { systemClock } from '../../primitives/clock.ts'
import { type Backends, openBackends, storageUrl } from '../../service/backends.ts'
import { readConfigFile } from '../../service/settings/config-file.ts'
import { nameConfigFile, readSettings, type Settings } from '../../service/settings.ts'
import { identityHere } from './identity.ts'

/** Makes the file the configuration of this process, if one is given. @throws ConfigurationError when it can't be read */
export function useConfig(file: string | undefined): void {
  if (file === undefined) return
  readConfigFile(file, '--config')
  nameConfigFile(file)
}

/** The settings of the service in the working directory. */
export function serviceSettings({ config }: { readonly config?: string }): Settings {
  useConfig(config)
  return readSettings(identityHere())
}

/**
 * Works with the backends of the service, and closes them. They are not prepared.
 * @param options.missing what a SQLite storage that is not there is: an error, unless it may be made
 */
export async function withBackends<Result>(
  options: { readonly config?: string },
  work: (backends: Backends, settings: Settings) => Promise<Result>,
  { mayCreate = false }: { readonly mayCreate?: boolean } = {},
): Promise<Result> {
  const settings = serviceSettings(options)
  if (!mayCreate) assertThere(settings)
  const backends = await openBackends(settings, systemClock)
  try {
    return await work(backends, settings)
  } finally {
    await backends.close()
  }
}

/** A mistyped name would make an empty file, and find nothing in it. */
function assertThere(settings: Settings): void {
  if (settings.storageBackend !== 'cliquet/storage/sqlite') return
  const { path } = parseSqliteUrl(storageUrl(settings))
  if (existsSync(path)) return
  const advice = settings.storageUrl === undefined ? `: set storage_url, or project_name (it is "${settings.projectName}")` : ''
  throw new ConfigurationError(`there is no ${path}${advice}`)
}
