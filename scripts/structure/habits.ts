import ts from 'typescript'
import type { Fault } from '../fault.ts'
import { isPublished, lineAt, nodesOf, type SourceTree } from './source-tree.ts'

/** The files that read `process.env`: settings are parsed once, in one place. */
const environmentReaders = ['packages/cliquet/src/service/settings.ts']

/** The one file that passes on everything of another module: `Type` is TypeBox and more. */
const starExporters = ['packages/cliquet/src/schema/type.ts']

const isBareThrow = (node: ts.Node): boolean =>
  ts.isThrowStatement(node) && ts.isNewExpression(node.expression) && node.expression.expression.getText() === 'Error'

const isStarExport = (node: ts.Node): boolean => {
  if (!ts.isExportDeclaration(node) || !node.moduleSpecifier) return false
  return !node.exportClause || (ts.isNamespaceExport(node.exportClause) && node.exportClause.name.text !== 'Type')
}

const isModuleState = (node: ts.Node): boolean =>
  ts.isVariableStatement(node) &&
  ts.isSourceFile(node.parent) &&
  !(node.declarationList.flags & ts.NodeFlags.Const) &&
  !node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)

const isProcessModule = (node: ts.Expression): boolean => ts.isStringLiteral(node) && /^(node:)?process$/.test(node.text)

const readsEnvironment = (node: ts.Node): boolean => {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && /^(globalThis\.)?process$/.test(node.expression.getText())
  if (ts.isVariableDeclaration(node)) {
    const takesEnv =
      ts.isObjectBindingPattern(node.name) &&
      node.name.elements.some(({ name, propertyName }) => (propertyName ?? name).getText() === 'env')
    return takesEnv && node.initializer?.getText() === 'process'
  }
  const named = ts.isImportDeclaration(node) && isProcessModule(node.moduleSpecifier) ? node.importClause?.namedBindings : undefined
  return (
    named !== undefined &&
    ts.isNamedImports(named) &&
    named.elements.some(({ name, propertyName }) => (propertyName ?? name).text === 'env')
  )
}

/** What each rule forbids, and the files it lets do it. */
const rules: { isBroken: (node: ts.Node) => boolean; message: string; allowed: string[] }[] = [
  { isBroken: isBareThrow, message: '`throw new Error`; take an error of the catalogue', allowed: [] },
  { isBroken: isStarExport, message: '`export *`; list the names', allowed: starExporters },
  { isBroken: isModuleState, message: 'state at module level; hand it in as an argument', allowed: [] },
  { isBroken: readsEnvironment, message: '`process.env` outside the settings file', allowed: environmentReaders },
]

/** In the packages: bare errors, `export *`, module-level `let` and `var`, and the environment read outside the settings file. */
export const findBadHabits = ({ sources }: SourceTree): Fault[] =>
  sources
    .filter(isPublished)
    .flatMap(({ path, ast }) =>
      [...nodesOf(ast)].flatMap((node) =>
        rules
          .filter(({ isBroken, allowed }) => !allowed.includes(path) && isBroken(node))
          .map(({ message }) => ({ file: path, line: lineAt(ast, node.getStart()), message })),
      ),
    )
