/** The structure gate: prints each fault as `file:line message` and ends with 1 if there is one. */
import { reportFaults } from '../fault.ts'
import { findStructureFaults } from './rules.ts'
import { readSourceTree } from './source-tree.ts'

const tree = readSourceTree(process.cwd())
reportFaults(findStructureFaults(tree), `${tree.sources.length} files`)
