import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { countLines } from './files.ts'
import { isPublished, lineAt, nodesOf, readSourceTree, type Source } from './source-tree.ts'

interface FunctionLength {
  place: string
  lines: number
}

const functionsOf = ({ path, ast }: Source): FunctionLength[] =>
  [...nodesOf(ast)]
    .filter((node) => ts.isFunctionLike(node) && 'body' in node && node.body)
    .map((node) => {
      const first = lineAt(ast, node.getStart())
      return { place: `${path}:${first}`, lines: lineAt(ast, node.getEnd()) - first + 1 }
    })

/** The value below which `share` of the sorted numbers lie; 0 of none. */
const quantile = (numbers: number[], share: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(numbers.length * share) - 1)] ?? 0

/** Entries of the root that belong to the repository. */
const countRootEntries = (root: string): number => {
  const ignored = ['.git', 'node_modules', 'data', 'dist', 'coverage']
  return readdirSync(root).filter((name) => !ignored.includes(name)).length
}

const countDependencies = (root: string): number => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'packages/cliquet/package.json'), 'utf8'))
  return Object.keys(dependencies).length
}

/** Prints the numbers that are watched, not held: where the code drifts before a limit is broken. */
export const printReport = (root: string): void => {
  const sources = readSourceTree(root).sources.filter(isPublished)
  const functions = sources.flatMap(functionsOf).sort((a, b) => b.lines - a.lines)
  const [longest] = functions
  const rows = [
    ['median file', `${quantile(sources.map(countLines), 0.5)} lines`, '≤ 120'],
    [
      'functions, 90 % within',
      `${quantile(
        functions.map(({ lines }) => lines),
        0.9,
      )} lines`,
      '≤ 35',
    ],
    ['longest function', longest ? `${longest.lines} lines (${longest.place})` : 'none', '≤ 40'],
    ['direct dependencies of cliquet', `${countDependencies(root)}`, '≤ 12'],
    ['root entries', `${countRootEntries(root)}`, '≤ 16'],
  ]
  for (const [what = '', value, aim] of rows) console.log(`${what.padEnd(32)} ${value}   (aim ${aim})`)
}
