import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import type { SourceTree } from './source-tree.ts'

// The words are put together here, so that this file does not name them itself.
const personalFolders = ['work', 'root', 'home', 'Users'].join('|')
const registries = [
  ['npmjs', 'org'],
  ['npmjs', 'com'],
  ['pypi', 'org'],
  ['crates', 'io'],
  ['maven', 'org'],
  ['golang', 'org'],
]

const forbidden = [
  // Not `/v1/home/` nor `./work/`: an absolute path begins a word.
  { pattern: new RegExp(`(?<![\\w.~*}-])/(${personalFolders})/`), message: 'names a folder of one machine' },
  {
    pattern: new RegExp(`\\b(${registries.map((parts) => parts.join('\\.')).join('|')})\\b`),
    message: 'names the host of a package registry',
  },
]

/** Texts anywhere in the repository that only make sense on the machine of who wrote them. */
export const findForeignWords = ({ root, files }: SourceTree): Fault[] =>
  files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    if (text.includes('\0')) return []
    return text.split('\n').flatMap((content, index) =>
      forbidden.flatMap(({ pattern, message }) => {
        const [found] = pattern.exec(content) ?? []
        return found ? [{ file, line: index + 1, message: `"${found}" ${message}` }] : []
      }),
    )
  })
