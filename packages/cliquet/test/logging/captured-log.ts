import { channel } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { GivenSettings, LogEntry } from '../../src/index.ts'
import { temporaryFolder } from '../protocol/service-under-test.ts'

/** A log whose lines are kept. */
export interface CapturedLog {
  /** Of the service whose log it is. */
  readonly settings: GivenSettings
  /** So far. */
  readonly lines: readonly string[]
  readonly entries: LogEntry[]
  /** The entries with this message. */
  of(message: string): LogEntry[]
}

/** Writes a module into a folder of its own. @returns by which name a setting can name it */
export function moduleWith(code: string): string {
  const path = join(temporaryFolder(), 'renderer.mjs')
  writeFileSync(path, code)
  return pathToFileURL(path).href
}

let count = 0

/** Makes a renderer that keeps every line. */
export function captureLog(level = 'info'): CapturedLog {
  const name = `test.log.${++count}`
  const lines: string[] = []
  channel(name).subscribe((line) => void lines.push(String(line)))
  const renderer = moduleWith(`
    import { channel } from 'node:diagnostics_channel'
    export const createRenderer = () => ({ write: (line) => channel('${name}').publish(line) })
  `)
  const entries = (): LogEntry[] => lines.map((line) => JSON.parse(line))
  return {
    settings: { log_level: level, logging_renderer: renderer },
    lines,
    get entries() {
      return entries()
    },
    of: (message) => entries().filter(({ msg }) => msg === message),
  }
}
