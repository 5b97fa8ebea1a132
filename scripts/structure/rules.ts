import type { Fault } from '../fault.ts'
import { findUnsafeTypes } from './casts.ts'
import { findCycles } from './cycles.ts'
import { findUndocumentedExports } from './doc-comments.ts'
import { findBadNames, findLongFiles } from './files.ts'
import { findFloorBreaks } from './floor-breaks.ts'
import { findBadHabits } from './habits.ts'
import { readImports } from './imports.ts'
import type { SourceTree } from './source-tree.ts'
import { findForeignWords } from './words.ts'

/** Every place where the tree breaks a rule of the house. */
export const findStructureFaults = (tree: SourceTree): Fault[] => {
  const imports = readImports(tree)
  return [
    ...findCycles(imports),
    ...findFloorBreaks(imports),
    ...findLongFiles(tree),
    ...findBadNames(tree),
    ...findUndocumentedExports(tree),
    ...findUnsafeTypes(tree),
    ...findBadHabits(tree),
    ...findForeignWords(tree),
  ]
}
