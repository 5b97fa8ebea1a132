import type { LogEntry, LogRenderer, RendererOptions } from '../contract.ts'
import { createPalette, type Palette } from './palette.ts'
import { printable, shownValue } from './value.ts'

/** Lines for people, coloured on a terminal: `12:34:56 "GET   /v1/books?_since=7" 200 (3 ms) request.summary agent=curl/8.5.0`. */
export function createRenderer({ output }: RendererOptions): LogRenderer {
  const palette = createPalette(output.showsColours)
  return ({ level, time, pid: _, hostname: __, msg = '', err, ...fields }: LogEntry) => {
    const parts = [palette.dim(new Date(time).toTimeString().slice(0, 8)), label(level, palette)]
    const { method, path, querystring, code, t, ...others } = fields
    const isRequest = typeof method === 'string' && typeof path === 'string'
    if (isRequest) parts.push(requestLine({ method, path, querystring, code, t }, palette))
    parts.push(printable(msg), context(isRequest ? others : fields, palette))
    const line = parts.filter((part) => part !== '').join(' ')
    return err === undefined ? line : `${line}\n${indented(err)}`
  }
}

interface RequestLine {
  readonly method: string
  readonly path: string
  readonly querystring: unknown
  readonly code: unknown
  readonly t: unknown
}

function requestLine({ method, path, querystring, code, t }: RequestLine, { bright, yellow }: Palette): string {
  const query = querystring === undefined ? '' : `?${querystring}`
  const request = bright(`"${method.padEnd(5)} ${printable(`${path}${query}`)}"`)
  return code === undefined ? request : `${request} ${yellow(`${code} (${t} ms)`)}`
}

/** Nothing is said of what is usual. */
function label(level: number, { red, yellow, dim }: Palette): string {
  if (level >= 60) return red('FATAL')
  if (level >= 50) return red('ERROR')
  if (level >= 40) return yellow('WARN')
  if (level >= 30) return ''
  return dim(level >= 20 ? 'DEBUG' : 'TRACE')
}

const context = (fields: Readonly<Record<string, unknown>>, { cyan, magenta }: Palette): string =>
  Object.keys(fields)
    .sort()
    .map((name) => `${cyan(printable(name))}=${magenta(shownValue(fields[name]))}`)
    .join(' ')

/** An error below its line: the stack, and what else it tells. */
function indented(err: unknown): string {
  if (typeof err !== 'object' || err === null) return `  ${shownValue(err)}`
  const { stack, type: _, message, ...others } = err as Readonly<Record<string, unknown>> // any object has members by name
  const rest = Object.keys(others).length === 0 ? '' : `\n${shownValue(others)}`
  return `${String(stack ?? message ?? '')}${rest}`
    .split('\n')
    .map((line) => `  ${printable(line)}`)
    .join('\n')
}
