/** The docs gate: TypeScript in the pages compiles, and copies of files are true copies. */
import { reportFaults } from '../fault.ts'
import { findStaleCopies, readPages } from './pages.ts'
import { findSnippetFaults, isTypeScript } from './snippets.ts'

const root = process.cwd()
const { blocks, faults } = readPages(root)
reportFaults(
  [...faults, ...findStaleCopies(root, blocks), ...findSnippetFaults(root, blocks)],
  `${blocks.filter(isTypeScript).length} snippets`,
)
