import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { ourBackends } from '../service/backends.ts'
import { nearest } from '../service/settings/nearest.ts'
import { defineCommand } from './frame/command.ts'
import { CommandFailure, UsageError } from './frame/failure.ts'
import { print } from './frame/terminal.ts'
import { configurationText, type Format } from './init/template.ts'
import { identityHere } from './service/identity.ts'

const formats: Readonly<Record<string, Format>> = { '.ini': 'ini', '.toml': 'toml', '.yaml': 'yaml', '.yml': 'yaml', '.json': 'json' }

/** `cliquet init` */
export const init = defineCommand({
  name: 'init',
  summary: 'Writes a configuration file: every setting with what it does and its default, and a new secret.',
  operands: ['[FILE]'],
  options: {
    backend: { type: 'string', value: 'NAME', summary: `What keeps records and permissions: ${ourBackends.storage.join(', ')}.` },
    'cache-backend': { type: 'string', value: 'NAME', summary: `What keeps short-lived values: ${ourBackends.cache.join(', ')}.` },
    host: { type: 'string', value: 'ADDRESS', summary: 'Address to listen on; 0.0.0.0 for all.' },
  },
  details: [
    'FILE is cliquet.ini unless given; its ending chooses the format: .ini, .toml, .yaml or .json (which has no comments). A file that is ' +
      'there is never overwritten.',
  ],
  async run({ options, operands, terminal }) {
    const [file = 'cliquet.ini'] = operands
    const format = formats[extname(file).toLowerCase()]
    if (format === undefined) throw new UsageError(`${file}: the name must end in ${Object.keys(formats).join(', ')}`)
    const { backend, 'cache-backend': cache, host } = options
    const { name } = identityHere()
    const given = new Map([
      ...(host === undefined ? [] : [['host', host] as const]),
      ...backendSettings('storage', '--backend', backend, name),
      ...backendSettings('cache', '--cache-backend', cache, name),
      ['userid_hmac_secret', randomBytes(32).toString('hex')] as const,
    ])
    writeNew(file, configurationText(format, given))
    print(terminal, `${file} is written. Start the service with it: cliquet start --config ${file}`)
    if (given.has('storage_url') || given.has('cache_url')) print(terminal, 'The URLs in it are examples: say where your servers are.')
  },
})

/** Where servers usually are. */
const exampleUrls: Readonly<Record<string, (name: string) => string>> = {
  postgresql: (name) => `postgresql://${name}:password@localhost:5432/${name}`,
  redis: () => 'redis://localhost:6379/0',
  memcached: () => 'memcached://localhost:11211',
}

function backendSettings(contract: 'storage' | 'cache', option: string, engine: string | undefined, name: string): [string, string][] {
  if (engine === undefined) return []
  const known = ourBackends[contract]
  if (!known.includes(engine)) {
    const near = nearest(engine, known)
    throw new UsageError(`${option} ${engine}: expected ${known.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`)
  }
  const url = exampleUrls[engine]?.(encodeURIComponent(name))
  const settings: [string, string][] = [[`${contract}_backend`, `cliquet/${contract}/${engine}`]]
  if (url !== undefined) settings.push([`${contract}_url`, url])
  return settings
}

/** Only its owner can read it: it holds a secret. */
function writeNew(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // what the file system throws has a code
    throw new CommandFailure(`${file} is there already: it is not overwritten`)
  }
}
