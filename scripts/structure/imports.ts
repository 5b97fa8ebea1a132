import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { lineAt, nodesOf, type Source, type SourceTree } from './source-tree.ts'

/** One import of a repository file by another: static, dynamic, re-exporting or of a type. */
export interface Import {
  from: string
  to: string
  line: number
}

/** The text of the specifier if the node imports something. */
const specifierOf = (node: ts.Node): ts.StringLiteral | undefined => {
  const candidate =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
        ? node.argument.literal
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined
  return candidate && ts.isStringLiteral(candidate) ? candidate : undefined
}

/** The workspace's own packages: what `cliquet` and `cliquet/testing` point to, as files of the repository. */
const readPackageEntries = ({ root, files }: SourceTree): Map<string, string> => {
  const entries = new Map<string, string>()
  for (const file of files.filter((path) => /^packages\/[^/]+\/package\.json$/.test(path))) {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, file), 'utf8'))
    for (const [key, target] of Object.entries(exports)) {
      if (typeof target === 'string') entries.set(posix.join(name, key), posix.join(posix.dirname(file), target))
    }
  }
  return entries
}

const resolve = (specifier: string, from: string, entries: Map<string, string>): string | undefined => {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  const exact = entries.get(specifier)
  if (exact) return exact
  for (const [pattern, target] of entries) {
    const [before = '', after] = pattern.split('*')
    if (after === undefined || !specifier.startsWith(before) || !specifier.endsWith(after)) continue
    return target.replace('*', specifier.slice(before.length, specifier.length - after.length))
  }
  return undefined
}

/** All imports between files of the repository. Imports of packages from elsewhere are left out. */
export const readImports = (tree: SourceTree): Import[] => {
  const entries = readPackageEntries(tree)
  const importsOf = ({ path, ast }: Source): Import[] =>
    [...nodesOf(ast)].flatMap((node) => {
      const specifier = specifierOf(node)
      const to = specifier && resolve(specifier.text, path, entries)
      return to && existsSync(join(tree.root, to)) ? [{ from: path, to, line: lineAt(ast, specifier.getStart()) }] : []
    })
  return tree.sources.flatMap(importsOf)
}
