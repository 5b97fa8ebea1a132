import type { LogEntry, LogRenderer, RendererOptions } from '../contract.ts'

/** The envelope of Mozilla's Heka, MozLog 2.0: one JSON object a line, with severities of syslog. */
export function createRenderer({ projectName }: RendererOptions): LogRenderer {
  const logger = JSON.stringify(projectName)
  return ({ level, time, pid, hostname, msg = '', ...fields }: LogEntry) => {
    const envelope = [
      // Nanoseconds since 1970 are more than a number in JavaScript can tell.
      `"Timestamp":${Date.parse(time)}000000`,
      `"Type":${JSON.stringify(msg)}`,
      `"Logger":${logger}`,
      `"Hostname":${JSON.stringify(hostname)}`,
      `"EnvVersion":"2.0"`,
      `"Severity":${severityOf(level)}`,
      `"Pid":${pid}`,
      `"Fields":${JSON.stringify(flattened(fields))}`,
    ]
    return `{${envelope.join(',')}}`
  }
}

/** Of syslog: 0 emergency, 2 critical, 4 warning, 6 informational, 7 debug. As in the original, errors are critical. */
function severityOf(level: number): number {
  if (level >= 60) return 0
  if (level >= 50) return 2
  if (level >= 40) return 4
  return level >= 30 ? 6 : 7
}

/** Heka knows values and lists of values of one type. What is neither is told as a text of JSON. */
const flattened = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, isPlain(value) ? value : JSON.stringify(value)]))

function isPlain(value: unknown): boolean {
  if (!Array.isArray(value)) return typeof value !== 'object'
  const [type, ...others] = new Set(value.map((item) => (item === null ? 'null' : typeof item)))
  return others.length === 0 && type !== 'object' && type !== 'null'
}
