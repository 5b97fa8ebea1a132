import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import { type CodeBlock, parsePage } from './markdown.ts'

/** Where pages are: everything a reader is shown. */
const patterns = ['README.md', 'CONTRIBUTING.md', 'docs/**/*.md', 'packages/*/README.md', 'examples/*/README.md']

/** The code blocks of every page, and the markers that mark nothing. */
export const readPages = (root: string): { blocks: CodeBlock[]; faults: Fault[] } => {
  const files = globSync(patterns, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
  const pages = files.map((file) => ({ file, page: parsePage(file, readFileSync(join(root, file), 'utf8')) }))
  return {
    blocks: pages.flatMap(({ page }) => page.blocks),
    faults: pages.flatMap(({ file, page }) =>
      page.strayMarkers.map(({ line, kind }) => ({ file, line, message: `no code block follows this "${kind}" marker` })),
    ),
  }
}

/** What the reader is shown of a file: the part between `// #region readme` and `// #endregion`, or all of it. */
const shownPart = (text: string): string => {
  const [, region] = /^[ \t]*\/\/ #region readme\n([\s\S]*?)^[ \t]*\/\/ #endregion/m.exec(text) ?? []
  return region ?? text
}

/** Blocks that do not equal, character for character, the file their `file` marker names. */
export const findStaleCopies = (root: string, blocks: CodeBlock[]): Fault[] =>
  blocks.flatMap(({ file, line, text, marker }) => {
    if (marker?.kind !== 'file') return []
    const path = join(root, marker.value)
    if (!existsSync(path)) return [{ file, line, message: `${marker.value} does not exist` }]
    const original = shownPart(readFileSync(path, 'utf8'))
    if (original === text) return []
    const wanted = original.split('\n')
    const different = text.split('\n').findIndex((each, index) => each !== wanted[index])
    const at = different === -1 ? wanted.length : different
    return [{ file, line: line + 1 + at, message: `differs from ${marker.value}; there it reads: ${wanted[at] ?? '(nothing)'}` }]
  })
