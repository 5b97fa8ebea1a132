import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'

/** An object of Kubernetes, and where it is from. */
interface Manifest {
  readonly file: string
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * What is wrong with the manifests of a folder: fields that there are not, values of another type, what is missing; as TypeScript says of them as
 * literals of the types that are made from the API of Kubernetes. `root` is where these are found from.
 */
export function manifestFaults(folder: string, root: string): string[] {
  const manifests = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .flatMap((file) => readManifests(join(folder, file), file))
  const text = manifests
    .map(({ file, value }, n) => `// ${file}\nexport const manifest${n}: ${typeOf(value)} = ${JSON.stringify(value)}`)
    .join('\n')
  return diagnostics(join(root, 'manifests.ts'), text).map(({ line, message }) => `${text.split('\n')[line - 1]?.slice(3)}: ${message}`)
}

const readManifests = (path: string, file: string): Manifest[] =>
  parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0]
    return { file, value: document.toJS() as Manifest['value'] } // anything else is a fault of its type
  })

/** `apps/v1` and `Deployment` are `import('kubernetes-types/apps/v1').Deployment`. */
function typeOf({ apiVersion, kind }: Manifest['value']): string {
  const module = String(apiVersion).includes('/') ? String(apiVersion) : `core/${apiVersion}`
  return `import('kubernetes-types/${module.replace('.k8s.io', '')}').${kind}`
}

interface Diagnostic {
  /** From 0 on. */
  readonly line: number
  readonly message: string
}

/** What the compiler finds in a file that is not there. */
function diagnostics(path: string, text: string): Diagnostic[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(options)
  const [read, exists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)]
  host.getSourceFile = (file, target, ...rest) => (file === path ? ts.createSourceFile(file, text, target) : read(file, target, ...rest))
  host.fileExists = (file) => file === path || exists(file)
  const program = ts.createProgram([path], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => ({
    line: file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line,
    message: ts.flattenDiagnosticMessageText(messageText, ' '),
  }))
}
