import { posix } from 'node:path'
import type { Fault } from '../fault.ts'
import type { Source, SourceTree } from './source-tree.ts'

/** The longest a TypeScript file may be, in lines. */
export const MAX_LINES = 400

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/
const attics = ['utils', 'util', 'helpers', 'helper', 'types', 'common', 'misc']

/** How many lines a file has; the newline at its end begins no line. */
export const countLines = ({ ast }: Source): number => ast.text.split('\n').length - (ast.text.endsWith('\n') ? 1 : 0)

/** Files that are too long. */
export const findLongFiles = ({ sources }: SourceTree): Fault[] =>
  sources
    .filter((source) => countLines(source) > MAX_LINES)
    .map((source) => ({ file: source.path, line: MAX_LINES + 1, message: `${countLines(source)} lines; ${MAX_LINES} at most` }))

const nameFault = (path: string): string | undefined => {
  const crooked = path.split('/').find((part) => !kebabCase.test(part.replace(/^\./, '')))
  if (crooked) return `"${crooked}" is not kebab-case`
  const name = posix.basename(path).replace(/(\.test)?\.ts$/, '')
  return attics.includes(name) ? `"${name}" says nothing; name the file after what it does` : undefined
}

/** TypeScript files with names that are not kebab-case nouns. */
export const findBadNames = ({ sources }: SourceTree): Fault[] =>
  sources.flatMap(({ path }) => {
    const message = nameFault(path)
    return message ? [{ file: path, line: 1, message }] : []
  })
