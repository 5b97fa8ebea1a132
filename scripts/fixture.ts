import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

/** Writes a small tree into a new folder, which goes when the test ends. Returns the folder. */
export const plantTree = (t: TestContext, files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), 'cliquet-tree-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}
