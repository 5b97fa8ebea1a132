import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, extname, resolve } from 'node:path'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import { subject } from '../named-module.ts'
import { parseIni } from '../settings/ini.ts'
import type { Settings } from '../settings.ts'

/** What of a file for the agent of Python is understood, and the variables by which the agent of Node takes it. */
const understood: Readonly<Record<string, string>> = {
  license_key: 'NEW_RELIC_LICENSE_KEY',
  app_name: 'NEW_RELIC_APP_NAME',
  monitor_mode: 'NEW_RELIC_ENABLED',
  high_security: 'NEW_RELIC_HIGH_SECURITY',
  host: 'NEW_RELIC_HOST',
  port: 'NEW_RELIC_PORT',
  proxy_host: 'NEW_RELIC_PROXY_HOST',
  proxy_port: 'NEW_RELIC_PROXY_PORT',
  proxy_user: 'NEW_RELIC_PROXY_USER',
  proxy_pass: 'NEW_RELIC_PROXY_PASS',
  log_file: 'NEW_RELIC_LOG',
  log_level: 'NEW_RELIC_LOG_LEVEL',
}

/**
 * Without it every refusal, such as 412, counts as an error, and a fault twice: as what was thrown, of which the agent is told, and as an answer of
 * status 500.
 */
const noErrorsByStatus = { NEW_RELIC_ERROR_COLLECTOR_IGNORE_ERROR_CODES: '400-599' }

/** What an agent is to be told, and what it will not know. */
export interface NewRelicVariables {
  readonly variables: Readonly<Record<string, string>>
  /** Names of options that the agent of Node has no variable for. */
  readonly ignored: readonly string[]
}

/**
 * How the agent of New Relic is told of the file `newrelic_config`: it reads JavaScript and JSON itself, an `.ini` of the agent of Python is translated,
 * `[newrelic]` and, above it, `[newrelic:{newrelic_env}]`. @throws ConfigurationError if there is no such file, or it is none of these
 */
export function newRelicVariables(file: string, settings: Settings): NewRelicVariables {
  const place = subject(settings, 'newrelic_config')
  const path = resolve(file)
  if (!existsSync(path)) throw new ConfigurationError(`${place}: there is no ${path}`)
  const kind = extname(path)
  if (kind === '.ini') return variablesOfIni(file, settings.newrelicEnv)
  if (!['.js', '.cjs', '.mjs', '.json'].includes(kind))
    throw new ConfigurationError(`${place} must be a .js, .cjs, .mjs, .json or .ini file`)
  const variables = { NEW_RELIC_HOME: dirname(path), NEW_RELIC_CONFIG_FILENAME: basename(path) }
  return { variables: { ...variables, ...(decidesOnStatuses(path, place) ? {} : noErrorsByStatus) }, ignored: [] }
}

/** Whether a configuration says itself which statuses are errors: a variable would win over it. */
function decidesOnStatuses(path: string, place: string): boolean {
  const { config } = load(path, place) as { config?: { error_collector?: { ignore_status_codes?: unknown } } } // checked as far as it goes
  if (typeof config !== 'object' || config === null) throw new ConfigurationError(`${place}: ${path} must export \`config\``)
  return config.error_collector?.ignore_status_codes !== undefined
}

/** As the agent does it, which then finds it loaded. */
function load(path: string, place: string): object {
  try {
    return Object(createRequire(path)(path))
  } catch (cause) {
    throw new ConfigurationError(`${place}: ${path} can't be loaded: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}

function variablesOfIni(file: string, environment: string): NewRelicVariables {
  const sections = parseIni(readFileSync(file, 'utf8'), file)
  const options = [...(sections.get('newrelic') ?? []), ...(sections.get(`newrelic:${environment}`) ?? [])]
  const known = options.flatMap(([name, { value }]): [string, string][] => {
    const variable = understood[name]
    return variable === undefined ? [] : [[variable, value]]
  })
  return {
    // The agent would read a `newrelic.js` that it finds, too.
    variables: { NEW_RELIC_NO_CONFIG_FILE: 'true', ...noErrorsByStatus, ...Object.fromEntries(known) },
    ignored: [...new Set(options.map(([name]) => name))].filter((name) => understood[name] === undefined),
  }
}
