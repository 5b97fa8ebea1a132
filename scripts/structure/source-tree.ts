import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'

/** One TypeScript file of the repository, parsed. */
export interface Source {
  /** Relative to the root, with `/`. */
  path: string
  ast: ts.SourceFile
}

/** The repository as the rules see it. */
export interface SourceTree {
  root: string
  /** Every file that is not ignored, relative to the root. */
  files: string[]
  /** The `.ts` files among them. */
  sources: Source[]
}

const ignoredFolders = new Set(['node_modules', '.git', 'data', 'dist', 'coverage'])
// `.git` is a file in a second worktree: it holds the path of the first.
const ignoredFiles = /^\.git$|\.(sqlite.*|cpuprofile)$/

const listFiles = (root: string, folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : listFiles(root, path)
    return entry.isFile() && !ignoredFiles.test(entry.name) ? [relative(root, path).replaceAll(sep, '/')] : []
  })

/** Reads and parses everything under `root`, without what git ignores. */
export const readSourceTree = (root: string): SourceTree => {
  const files = listFiles(root, root).sort()
  const sources = files
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, ast: ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true) }))
  return { root, files, sources }
}

/** Whether a file belongs to what is published: `packages/<name>/src/`. */
export const isPublished = ({ path }: Source): boolean => /^packages\/[^/]+\/src\//.test(path)

/** The line of a position, from 1. */
export const lineAt = (ast: ts.SourceFile, position: number): number => ast.getLineAndCharacterOfPosition(position).line + 1

/** Every node of a file, outer before inner. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* nodesOf(child)
}
