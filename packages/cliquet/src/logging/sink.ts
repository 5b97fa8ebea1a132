import type { LogEntry, LogOutput, LogRenderer, LogSink } from './contract.ts'

/** What takes the lines for a renderer. */
export function sinkOf(renderer: LogRenderer, output: LogOutput): LogSink {
  if (renderer === output) return output
  if (typeof renderer !== 'function') return guarded(renderer, output)
  return {
    write: (line) => output.write(rendered(renderer, line)),
    flushSync: () => output.flushSync?.(),
  }
}

/** Whoever logs is not disturbed by a sink that throws. */
const guarded = (sink: LogSink, output: LogOutput): LogSink => ({
  write(line) {
    try {
      sink.write(line)
    } catch {
      output.write(line)
    }
  },
  flushSync: () => sink.flushSync?.(),
  end: () => sink.end?.(),
})

function rendered(render: (entry: LogEntry) => string, line: string): string {
  try {
    const text = render(JSON.parse(line) as LogEntry) // pino writes these members of every line
    return text === '' ? '' : `${text}\n`
  } catch {
    return line
  }
}
