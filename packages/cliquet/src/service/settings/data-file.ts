import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { jsonFault, jsonLines } from './json-lines.ts'
import type { Entry } from './origin.ts'
import { tomlLine } from './toml-lines.ts'

/** A value by the names that lead to it. */
interface Leaf {
  readonly path: readonly string[]
  readonly value: unknown
  readonly line: number
}

type Reader = (text: string, file: string) => readonly Leaf[]

const load = createRequire(import.meta.url)

/** @throws ConfigurationError that says what to install */
function loadParser<T>(name: string, file: string): T {
  try {
    return load(name) as T // the package's own declaration
  } catch (cause) {
    throw new ConfigurationError(`the configuration file ${file} needs the package "${name}": npm install ${name}`, { cause })
  }
}

/**
 * The settings in a file of data. A table (map, object) is the first part of the names in it: `[cliquet]` before `port` is `cliquet.port`,
 * `multiauth: { policies: … }` is `multiauth.policies`.
 * @throws ConfigurationError with the file and the line, and nothing of what stands there: it may be a secret
 */
export function readDataFile(file: string, format: 'toml' | 'yaml' | 'json'): readonly Entry[] {
  const text = readFileSync(file, 'utf8').replace(/^\ufeff/, '')
  return readers[format](text, file).map(({ path, value, line }) => {
    const key = path.join('.')
    return { key, value, origin: { source: 'file', key, file, line } }
  })
}

const readers: Readonly<Record<'toml' | 'yaml' | 'json', Reader>> = { toml: readToml, yaml: readYaml, json: readJson }

function readJson(text: string, file: string): readonly Leaf[] {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch (error) {
    throw new ConfigurationError(`${file}:${jsonFault(text, error)}: this is not valid JSON`) // the cause would quote what stands there
  }
  const lines = jsonLines(text)
  return leaves(root, file, (path) => lines.get(JSON.stringify(path)) ?? 1)
}

function readToml(text: string, file: string): readonly Leaf[] {
  const { parse, TomlError } = loadParser<typeof import('smol-toml')>('smol-toml', file)
  try {
    return leaves(parse(text), file, (path) => tomlLine(text, path))
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    throw new ConfigurationError(`${file}:${error.line}: this is not valid TOML`) // as above
  }
}

/** Scalars are taken as they are written, so that the version 1.20 stays what it is. */
function readYaml(text: string, file: string): readonly Leaf[] {
  const { isMap, isScalar, isSeq, isAlias, parseDocument, LineCounter } = loadParser<typeof import('yaml')>('yaml', file)
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line
  const [fault] = document.errors
  if (fault !== undefined) {
    const reason = fault.code.toLowerCase().replaceAll('_', ' ')
    throw new ConfigurationError(`${file}:${lineAt(fault.pos[0])}: this is not valid YAML: ${reason}`)
  }
  const written = (node: unknown): unknown => {
    if (isAlias(node)) return written(node.resolve(document))
    if (isScalar(node)) return typeof node.value === 'number' ? (node.source ?? String(node.value)) : node.value
    return isSeq(node) ? node.items.map(written) : {}
  }
  const walk = (node: unknown, path: readonly string[], line: number): readonly Leaf[] => {
    const target = isAlias(node) ? node.resolve(document) : node
    if (!isMap(target)) return path.length === 0 && target === null ? [] : [leaf(path, written(target), { file, line })]
    return target.items.flatMap(({ key, value }) => {
      const start = isScalar(key) ? (key.range?.[0] ?? 0) : 0
      return walk(value, [...path, String(isScalar(key) ? key.value : key)], lineAt(start))
    })
  }
  return walk(document.contents, [], 1)
}

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

function leaves(root: unknown, file: string, lineOf: (path: readonly string[]) => number): readonly Leaf[] {
  const walk = (value: unknown, path: readonly string[]): readonly Leaf[] =>
    isTable(value)
      ? Object.entries(value).flatMap(([name, inner]) => walk(inner, [...path, name]))
      : [leaf(path, value instanceof Date ? value.toISOString() : value, { file, line: path.length === 0 ? 1 : lineOf(path) })]
  return walk(root, [])
}

function leaf(path: readonly string[], value: unknown, { file, line }: { readonly file: string; readonly line: number }): Leaf {
  if (path.length === 0) throw new ConfigurationError(`${file}:${line}: this is no table of settings`)
  return { path, value, line }
}
