import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What names of profiles end with: by it DevTools know them. */
export const ENDING = '.cpuprofile'

/** Keeps profiles: the newest ones, at most so many. */
export interface ProfileFolder {
  /** Writes a profile, after those before. @param name without ending */
  write(name: string, profile: object): Promise<void>
}

/** Makes the folder, for the user that the service runs as and nobody else. */
export async function openProfileFolder(path: string, most: number): Promise<ProfileFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  let last = Promise.resolve()
  return {
    write(name, profile) {
      const written = last.then(async () => {
        await writeFile(join(path, `${name}${ENDING}`), JSON.stringify(profile), { mode: 0o600 })
        await removeOldest(path, most)
      })
      last = written.catch(() => {})
      return written
    },
  }
}

async function removeOldest(path: string, most: number): Promise<void> {
  const names = (await readdir(path)).filter((name) => name.endsWith(ENDING))
  if (names.length <= most) return
  // Another process may have removed one meanwhile.
  const found = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(path, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  const oldest = found.sort((one, other) => one.time - other.time).slice(0, names.length - most)
  await Promise.all(oldest.map(({ name }) => rm(join(path, name), { force: true })))
}
