import { ConfigurationError } from '../../errors/configuration-error.ts'

/** What stands behind a name. */
export interface IniOption {
  /** Lines of a list are separated by newlines. */
  readonly value: string
  /** Of the name, from 1. */
  readonly line: number
}

/** Options by name, in the order of the file. */
export type IniSection = ReadonlyMap<string, IniOption>

/** Options that stand before the first section. */
export const UNNAMED = ''

/** An option that may still get lines. */
interface OpenOption {
  readonly name: string
  readonly line: number
  readonly indentation: number
  readonly lines: string[]
}

/**
 * Reads a configuration file as Python's `configparser` does: `name = value` or `name: value`, comments from `#` or `;` at the beginning of a
 * line to its end, values that go on in lines that are indented deeper than their name. Names are case-sensitive. Nothing is interpolated.
 * @throws ConfigurationError with the file and the line, and nothing of what stands there: it may be a secret
 */
export function parseIni(text: string, file: string): ReadonlyMap<string, IniSection> {
  const sections = new Map<string, Map<string, IniOption>>()
  let section = new Map<string, IniOption>()
  sections.set(UNNAMED, section)
  let open: OpenOption | undefined

  const fail = (line: number, message: string): never => {
    throw new ConfigurationError(`${file}:${line}: ${message}`)
  }
  const close = (): void => {
    if (open !== undefined) section.set(open.name, { value: open.lines.join('\n').trim(), line: open.line })
    open = undefined
  }

  for (const [index, content] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1
    const written = content.trim()
    const indentation = content.length - content.trimStart().length
    if (/^[#;]/.test(written)) continue
    if (written === '' || (open !== undefined && indentation > open.indentation)) {
      open?.lines.push(written)
      continue
    }
    close()
    const name = /^\[(.+)\]$/.exec(written)?.[1]?.trim()
    if (name !== undefined) {
      if (sections.has(name)) fail(line, `the section [${name}] is there twice`)
      section = new Map()
      sections.set(name, section)
      continue
    }
    const [, key, value] = /^([^=:]*?)\s*[=:]\s*(.*)$/.exec(written) ?? []
    if (key === undefined || key === '') return fail(line, 'this is neither a section nor NAME = VALUE')
    const former = section.get(key)
    if (former !== undefined) fail(line, `"${key}" is there twice, first in line ${former.line}`)
    open = { name: key, line, indentation, lines: [value ?? ''] }
  }
  close()
  return sections
}
