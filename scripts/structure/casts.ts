import ts from 'typescript'
import type { Fault } from '../fault.ts'
import { isPublished, lineAt, nodesOf, type Source, type SourceTree } from './source-tree.ts'

/** Ends of the lines on which a real comment (not a `//` in a string) begins or ends. */
const commentLines = (ast: ts.SourceFile): Set<number> => {
  const lines = new Set<number>()
  const visit = (node: ts.Node): void => {
    const comments = [
      ...(ts.getLeadingCommentRanges(ast.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(ast.text, node.getEnd()) ?? []),
    ]
    for (const { pos, end } of comments) lines.add(lineAt(ast, pos)).add(lineAt(ast, end))
    for (const child of node.getChildren(ast)) visit(child)
  }
  visit(ast)
  return lines
}

const isConst = (type: ts.TypeNode): boolean => ts.isTypeReferenceNode(type) && type.typeName.getText() === 'const'
const isCast = (node: ts.Node): node is ts.AsExpression | ts.TypeAssertion =>
  (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) && !isConst(node.type)

/** What is unsafe about this node whatever is said about it. */
const forbidden = (node: ts.Node): string | undefined => {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return '`any`; take `unknown` and parse it once'
  if (ts.isNonNullExpression(node)) return 'non-null `!`; handle the absent case'
  if ((ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) && node.exclamationToken) return 'definite `!`; give it a value'
  if (isCast(node) && isCast(node.expression)) return 'double cast; parse the value or change the type'
  return undefined
}

const castFaults = ({ path, ast }: Source): Fault[] => {
  const commented = commentLines(ast)
  const isExplained = (line: number) => commented.has(line) || commented.has(line - 1)
  return [...nodesOf(ast)].flatMap((node) => {
    const message = forbidden(node)
    if (message) return [{ file: path, line: lineAt(ast, node.getStart()), message }]
    if (!isCast(node) || isCast(node.parent)) return []
    const line = lineAt(ast, node.type.getStart())
    const explained = isExplained(line) || isExplained(lineAt(ast, node.getStart()))
    return explained ? [] : [{ file: path, line, message: '`as` without a comment on its line or the line above that says why it is true' }]
  })
}

const suppressions = ({ path, ast }: Source): Fault[] =>
  ast.text.split('\n').flatMap((text, index) => {
    const [found] = /@ts-(ignore|expect-error|nocheck)\b/.exec(text) ?? []
    return found ? [{ file: path, line: index + 1, message: `${found} hides what the compiler knows` }] : []
  })

/** In the packages: `any`, double casts, `!`, silenced compiler errors, and casts that do not explain themselves. */
export const findUnsafeTypes = ({ sources }: SourceTree): Fault[] =>
  sources.filter(isPublished).flatMap((source) => [...castFaults(source), ...suppressions(source)])
