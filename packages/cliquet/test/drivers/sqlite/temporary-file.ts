import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Names for database files in a new folder that is removed when the process ends. */
export function createTemporaryFiles(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'cliquet-sqlite-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  let count = 0
  return () => {
    count += 1
    return join(folder, `${count}.sqlite`)
  }
}
