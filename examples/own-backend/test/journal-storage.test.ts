import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Storage } from 'cliquet'
import { storageConformance } from 'cliquet/testing'
import { createJournalStorage } from '../journal-storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'journals-'))
after(() => rmSync(folder, { recursive: true }))

const paths = new WeakMap<Storage, string>()
let opened = 0

function open(path: string, clock: () => number): Storage {
  const storage = createJournalStorage({ path, clock })
  paths.set(storage, path)
  return storage
}

const pathOf = (storage: Storage): string => paths.get(storage) ?? ''

storageConformance(
  'journal',
  ({ clock }) => {
    opened += 1
    return open(join(folder, `${opened}.journal`), clock)
  },
  {
    reopen: (closed, { clock }) => open(pathOf(closed), clock),
    break: (storage) => renameSync(pathOf(storage), `${pathOf(storage)}.away`),
    mend: (storage) => renameSync(`${pathOf(storage)}.away`, pathOf(storage)),
    gaps: [{ promise: 'S12', why: 'no permission backend keeps its grants in the journal' }],
  },
)
