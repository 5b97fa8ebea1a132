import { join } from 'node:path'
import ts from 'typescript'
import type { Fault } from '../fault.ts'
import type { CodeBlock } from './markdown.ts'

/** A block made ready for the compiler. */
interface Snippet {
  block: CodeBlock
  /** A file that exists in the compiler's eyes only; beside the packages, so that `cliquet` is found as in a program. */
  path: string
  text: string
  /** How many lines of `text` come from blocks it continues. */
  inherited: number
}

/** The blocks that claim to be TypeScript. */
export const isTypeScript = ({ info }: CodeBlock): boolean => /^(ts|typescript)\b/.test(info)

const toSnippets = (root: string, blocks: CodeBlock[]): Snippet[] => {
  const snippets: Snippet[] = []
  for (const block of blocks) {
    const before = snippets.at(-1)
    const continues = block.marker?.kind === 'snippet' && before?.block.file === block.file
    const prefix = continues ? before.text : ''
    const path = join(root, `snippet-${snippets.length}.mts`).replaceAll('\\', '/')
    snippets.push({ block, path, text: prefix + block.text, inherited: prefix.split('\n').length - 1 })
  }
  return snippets
}

/** The workspace's own compiler options. */
const readOptions = (root: string): ts.CompilerOptions => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root)
  // A snippet is no build: nothing of it is kept.
  delete options.tsBuildInfoFile
  return { ...options, incremental: false }
}

/** A compiler host that sees the snippets beside the real files. */
const hostWith = (snippets: Map<string, Snippet>, options: ts.CompilerOptions, root: string): ts.CompilerHost => {
  const host = ts.createCompilerHost(options, true)
  return {
    ...host,
    getCurrentDirectory: () => root,
    fileExists: (path) => snippets.has(path) || host.fileExists(path),
    readFile: (path) => snippets.get(path)?.text ?? host.readFile(path),
    getSourceFile: (path, languageOrOptions, ...rest) => {
      const snippet = snippets.get(path)
      return snippet
        ? ts.createSourceFile(path, snippet.text, languageOrOptions, true)
        : host.getSourceFile(path, languageOrOptions, ...rest)
    },
  }
}

const toFault = ({ block, text, inherited }: Snippet, { start = 0, messageText }: ts.Diagnostic): Fault | undefined => {
  const line = text.slice(0, start).split('\n').length - inherited
  const message = ts.flattenDiagnosticMessageText(messageText, ' ')
  return line > 0 ? { file: block.file, line: block.line + line, message } : undefined
}

/** Blocks with words behind `ts`: no block is exempt. And `snippet` markers that say something unknown. */
const findExemptions = (blocks: CodeBlock[]): Fault[] =>
  blocks.flatMap(({ file, line, info, marker }) => {
    const faults: Fault[] = []
    if (/\s/.test(info)) faults.push({ file, line, message: `"${info}": a ts block takes no further words, and none is exempt` })
    if (marker?.kind === 'snippet' && marker.value !== 'continues') faults.push({ file, line, message: `unknown marker "${marker.value}"` })
    return faults
  })

/** Compiles every TypeScript block in one program, with the workspace's options; what the compiler says becomes a fault of the page. */
export const findSnippetFaults = (root: string, allBlocks: CodeBlock[]): Fault[] => {
  const blocks = allBlocks.filter(isTypeScript)
  const snippets = new Map(toSnippets(root, blocks).map((snippet) => [snippet.path, snippet]))
  const options = readOptions(root)
  const program = ts.createProgram([...snippets.keys()], options, hostWith(snippets, options, root))
  const faults = [...snippets].flatMap(([path, snippet]) => {
    const source = program.getSourceFile(path)
    const unreadable = program.getSyntacticDiagnostics(source)
    const diagnostics = unreadable.length > 0 ? unreadable : program.getSemanticDiagnostics(source)
    return diagnostics.flatMap((diagnostic) => toFault(snippet, diagnostic) ?? [])
  })
  return [...findExemptions(blocks), ...faults]
}
