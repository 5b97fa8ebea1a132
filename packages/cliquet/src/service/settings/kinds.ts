import { isIP } from 'node:net'

import { type LogLevel, logLevels } from '../../primitives/log-levels.ts'

/** How a setting's value is read: from text, as in the environment, or as it is given in code. */
export interface Kind<T> {
  /** Completes "must be …" in an error. */
  readonly expected: string
  /** The value, or undefined if it is not of this kind. */
  read(value: unknown): T | undefined
  /** For a value that `read` refuses: what to write instead, if that is known. Completes the error in place of `expected`. */
  advise?(value: unknown): string | undefined
}

/** What a setting is: its kind, its value unless set, and a sentence for the reference page. */
export interface SettingDefinition<T> {
  readonly kind: Kind<T>
  readonly default: T | undefined
  readonly summary: string
  /** Never printed. */
  readonly secret?: boolean
  /** What it configures is not built yet: it is read and checked, and the start says that it has no effect. */
  readonly planned?: boolean
}

const words: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1', 't', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0', 'f', 'n'].map((word) => [word, false] as const),
])

/** Any text. */
export const text: Kind<string> = {
  expected: 'a text',
  read: (value) => (typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : undefined),
}

/** A version. A number is refused: 1.20 is the number 1.2. */
export const version: Kind<string> = {
  expected: 'a text, in quotes where 1.20 would be the number 1.2',
  read: (value) => (typeof value === 'string' ? value : undefined),
}

/** The modules of the original, and what they are called here. */
const formerBackends = /^(?:cliquet|kinto\.core|kinto_redis)\.(storage|permission|cache)(?:\.([a-z]+))?$/
const formerStatsd = /^(?:cliquet|kinto\.core|kinto\.plugins)\.statsd$/

function moduleInPlaceOf(former: string): string | undefined {
  if (formerStatsd.test(former)) return 'cliquet/metrics/statsd'
  const [, contract, engine = 'redis'] = formerBackends.exec(former) ?? []
  return contract && `cliquet/${contract}/${engine}`
}

/** What an import names. Dotted names of the original are refused, with ours. */
export const module: Kind<string> = {
  expected: 'the name of a module, such as cliquet/storage/sqlite',
  read: (value) => (typeof value === 'string' && moduleInPlaceOf(value) === undefined ? value : undefined),
  advise(value) {
    const ours = moduleInPlaceOf(String(value))
    return ours && `${value} is a module of the original, here it is ${ours}`
  },
}

/** Id generators of the original, and what they are called here. */
const formerGenerators: ReadonlyMap<string, string> = new Map([
  ['cliquet.storage.generators.UUID4', 'cliquet/ids/uuid'],
  ['kinto.core.storage.generators.UUID4', 'cliquet/ids/uuid'],
  ['kinto.views.RelaxedUUID', 'cliquet/ids/generic'],
])

/** Whether it is the dotted name of a class of the original. */
const isFormerClass = (name: string): boolean => /^(?:cliquet|kinto)(?:\.\w+)+$/.test(name)

/** What an import of an id generator names. Dotted names of the original are refused, with ours if there is one. */
export const generatorModule: Kind<string> = {
  expected: 'the name of a module, such as cliquet/ids/uuid',
  read: (value) => (typeof value === 'string' && !isFormerClass(value) ? value : undefined),
  advise(value) {
    if (typeof value !== 'string' || !isFormerClass(value)) return undefined
    const ours = formerGenerators.get(value)
    return `${value} is a class of the original, here ${ours === undefined ? 'a module must export `idGenerator`' : `it is the module ${ours}`}`
  },
}

/** Log renderers of the original, and what they are called here: the values are taken. */
const formerRenderers: ReadonlyMap<string, string> = new Map([
  ['cliquet.logs.ClassicLogRenderer', 'cliquet/logging/human'],
  ['cliquet.logs.MozillaHekaRenderer', 'cliquet/logging/mozlog'],
])

/** What an import of a log renderer names; those of the original are ours. */
export const rendererModule: Kind<string> = {
  expected: 'the name of a module, such as cliquet/logging/json',
  read(value) {
    if (typeof value !== 'string') return undefined
    return formerRenderers.get(value) ?? (isFormerClass(value) ? undefined : value)
  },
  advise: (value) => `${value} is a class of the original, here a module must export \`createRenderer\``,
}

/** true or false; yes, no, on, off, 1 and 0 in text. */
export const flag: Kind<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : typeof value === 'string' ? words.get(value.trim().toLowerCase()) : undefined),
}

/** A whole number not below `minimum`. */
export const integer = (minimum: number): Kind<number> => ({
  expected: `a whole number not below ${minimum}`,
  read(value) {
    const read = toNumber(value)
    return Number.isSafeInteger(read) && read >= minimum ? read : undefined
  },
})

/** A number between two others. */
export const number = (minimum: number, maximum: number): Kind<number> => ({
  expected: `a number from ${minimum} to ${maximum}`,
  read(value) {
    const read = toNumber(value)
    return read >= minimum && read <= maximum ? read : undefined
  },
})

/** NaN for what is no number. */
const toNumber = (value: unknown): number =>
  typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN

/** Words, separated by white space in text; a JSON array in text is one too. */
export const list: Kind<readonly string[]> = {
  expected: 'a list of words',
  read(value) {
    const read = typeof value === 'string' ? (arrayIn(value) ?? value.split(/\s+/).filter((word) => word !== '')) : value
    return Array.isArray(read) && read.every((item) => typeof item === 'string') ? read : undefined
  },
}

const namedNetworks = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** Addresses, networks and names of networks. */
export const addresses: Kind<readonly string[]> = {
  expected: 'a list of addresses, networks such as 10.0.0.0/8, and the words loopback, linklocal and uniquelocal',
  read: (value) => (list.read(value)?.every(isNetwork) === true ? list.read(value) : undefined),
}

function isNetwork(word: string): boolean {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(word) ?? []
  const longest = isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1
  return namedNetworks.has(word) || Number(bits ?? 0) <= longest
}

function arrayIn(written: string): unknown {
  if (!/^\s*\[.*\]\s*$/s.test(written)) return undefined
  try {
    return JSON.parse(written)
  } catch {
    return undefined
  }
}

/** Names of severities, those of Python's log and its numbers among them. */
const levels: ReadonlyMap<string, LogLevel> = new Map([
  ...logLevels.map((level) => [level, level] as const),
  ...(['debug', 'info', 'warn', 'error', 'fatal'] as const).map((level, place) => [String(10 * (place + 1)), level] as const),
  ['warning', 'warn'],
  ['critical', 'fatal'],
])

/** The severity of a log record. */
export const severity: Kind<LogLevel> = {
  expected: `one of ${logLevels.join(', ')}`,
  read: (value) => levels.get(String(value).trim().toLowerCase()),
}

/** How severe a log record is at least that is logged. */
export const level: Kind<LogLevel | 'silent'> = {
  expected: `${severity.expected}, silent`,
  read: (value) => (String(value).trim().toLowerCase() === 'silent' ? 'silent' : severity.read(value)),
}

/** Where Sentry takes reports; empty for nowhere. */
export const dsn: Kind<string> = {
  expected: 'https://KEY@HOST/PROJECT, as Sentry shows it, the project being a number',
  read: (value) => (typeof value === 'string' && (value === '' || dsnForm.test(value)) ? value : undefined),
}

const dsnForm = /^https?:\/\/\w+(?::\w*)?@[\w.-]+(?::\d+)?\/(?:[\w./-]*\/)?\d+$/

/** An ISO 8601 date or time. */
export const date: Kind<string> = {
  expected: 'an ISO 8601 date, such as 2030-12-31',
  read: (value) => (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined),
}

/** A text, number, flag or list, as text: whoever the setting is for reads it. */
export const simple: Kind<string> = {
  expected: 'a text, a number, true, false, or a list of words',
  read(value) {
    if (Array.isArray(value)) return value.every((item) => typeof item === 'string') ? value.join(' ') : undefined
    return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
  },
}
