import assert from 'node:assert/strict'
import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'

/** What is asked of one metric, or of all whose names match. */
export interface Selector {
  readonly name: RegExp
  /** Names of labels. */
  readonly labels: readonly string[]
}

/** What an expression of PromQL asks for. */
export interface Query {
  readonly selectors: readonly Selector[]
  /** Labels that it groups by. */
  readonly groups: readonly string[]
  /** Labels that it makes itself. */
  readonly made: readonly string[]
}

/** Reads an expression. It fails if that is none. */
export function parseQuery(expression: string): Query {
  const tree = parser.parse(expression)
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }): string => expression.slice(from, to)
  const all = (node: SyntaxNode, name: string): SyntaxNode[] => {
    const found: SyntaxNode[] = []
    node.cursor().iterate((one) => void (one.name === name && found.push(one.node)))
    return found
  }
  for (const { from } of all(tree.topNode, '⚠')) assert.fail(`no PromQL, at "${expression.slice(from, from + 20)}": ${expression}`)

  const selectors = all(tree.topNode, 'VectorSelector').map((node): Selector => {
    const matchers = all(node, 'UnquotedLabelMatcher').map((matcher) => ({
      label: textOf(matcher.getChild('LabelName') ?? assert.fail(expression)),
      text: JSON.parse(textOf(matcher.getChild('StringLiteral') ?? assert.fail(expression))),
    }))
    const identifier = node.getChild('Identifier')
    const name = identifier === null ? matchers.find(({ label }) => label === '__name__')?.text : textOf(identifier)
    return {
      name: new RegExp(`^(?:${name ?? assert.fail(`no name: ${expression}`)})$`),
      labels: matchers.map(({ label }) => label).filter((label) => label !== '__name__'),
    }
  })
  const calls = all(tree.topNode, 'FunctionCall').filter((call) => textOf(call).startsWith('label_replace('))
  return {
    selectors,
    groups: all(tree.topNode, 'GroupingLabels').flatMap((group) => group.getChildren('LabelName').map(textOf)),
    made: calls.flatMap((call) =>
      JSON.parse(textOf(call.getChild('FunctionCallBody')?.getChildren('StringLiteral')[0] ?? assert.fail(expression))),
    ),
  }
}
