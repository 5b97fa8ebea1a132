import ts from 'typescript'
import type { Fault } from '../fault.ts'
import { isPublished, lineAt, type Source, type SourceTree } from './source-tree.ts'

/** The names `export { a, b as c }` gives out, without `from`: they are declared in the same file. */
const exportedByList = (ast: ts.SourceFile): Set<string> =>
  new Set(
    ast.statements.flatMap((statement) =>
      ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause && ts.isNamedExports(statement.exportClause)
        ? statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
        : [],
    ),
  )

const declaredNames = (statement: ts.Statement): string[] => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement)
  if (isNamed) return [statement.name?.text ?? 'default']
  return ts.isExportAssignment(statement) ? ['default'] : []
}

const isExported = (statement: ts.Statement): boolean =>
  ts.isExportAssignment(statement) ||
  (ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))

/** A `/** … *\/` with words in it, directly before the statement. */
const hasDocComment = (statement: ts.Statement, { text }: ts.SourceFile): boolean =>
  (ts.getLeadingCommentRanges(text, statement.getFullStart()) ?? []).some(({ pos, end }) =>
    /^\/\*\*[\s*]*[^\s*/]/.test(text.slice(pos, end)),
  )

const undocumented = ({ path, ast }: Source): Fault[] => {
  const listed = exportedByList(ast)
  const exported = ast.statements.filter((statement) => isExported(statement) || declaredNames(statement).some((name) => listed.has(name)))
  // Of an overloaded function one signature with a comment is enough.
  const documented = new Set(exported.filter((statement) => hasDocComment(statement, ast)).flatMap(declaredNames))
  return exported.flatMap((statement) =>
    declaredNames(statement)
      .filter((name) => !documented.has(name))
      .map((name) => ({ file: path, line: lineAt(ast, statement.getStart()), message: `exported "${name}" has no doc comment` })),
  )
}

/** Exported declarations of the packages without a doc comment. Re-exports need none: they are documented where they are declared. */
export const findUndocumentedExports = ({ sources }: SourceTree): Fault[] => sources.filter(isPublished).flatMap(undocumented)
