import type { LogEntry, LogOutput, LogRenderer, LogSink } from './contract.ts'

/** What takes the lines for a renderer. */
export function sinkOf(renderer: LogRenderer, output: LogOutput): LogSink {
  if (typeof renderer !== 'function') return renderer
  return {
    write: (line) => output.write(rendered(renderer, line)),
    flushSync: () => output.flushSync?.(),
  }
}

function rendered(render: (entry: LogEntry) => string, line: string): string {
  try {
    const text = render(JSON.parse(line) as LogEntry) // pino writes these members of every line
    return text === '' ? '' : `${text}\n`
  } catch {
    return line
  }
}
