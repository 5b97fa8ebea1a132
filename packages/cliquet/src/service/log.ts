import { type LogFn, stdSerializers } from 'pino'
import { ConfigurationError } from '../errors/configuration-error.ts'
import type { LogOutput, LogRenderer, LogSink, RendererOptions } from '../logging/contract.ts'
import { createRenderer as createHumanRenderer } from '../logging/human/index.ts'
import { createRenderer as createJsonRenderer } from '../logging/json/index.ts'
import { createOutput } from '../logging/output.ts'
import { createRelay } from '../logging/relay.ts'
import { sinkOf } from '../logging/sink.ts'
import { withoutPasswords } from '../primitives/passwords.ts'
import { importNamed, subject } from './named-module.ts'
import type { LogTap } from './reporting/log-tap.ts'
import { nearest } from './settings/nearest.ts'
import type { Settings } from './settings.ts'

/** The log of a service that has one of its own. */
export interface ServiceLog {
  /** Of the logger. What is logged before `open` is kept. */
  readonly options: ReturnType<typeof loggerOptions>
  /** Lets the lines go to the renderer of the settings. @throws ConfigurationError */
  open(settings: Settings): Promise<void>
  /** Lets them go to the usual renderer, unless they go somewhere. */
  openAnyway(): void
  /** To be called when nothing is logged any more. */
  end(): void
}

/** Makes the log of a service. Nothing is written before it is opened. */
export function createServiceLog(settings: Settings, tap: LogTap): ServiceLog {
  const output = createOutput()
  const usual = (): LogSink => sinkOf(usualRenderer(settings.isProduction)({ projectName: settings.projectName, output }), output)
  const relay = createRelay(usual)
  return {
    options: loggerOptions(settings, tap, relay),
    open: async (inForce) => relay.open(sinkOf(await loadRenderer(inForce, output), output)),
    openAnyway() {
      if (!relay.isOpen) relay.open(usual())
    },
    end: relay.end,
  }
}

const loggerOptions = ({ logLevel, hostname }: Settings, tap: LogTap, stream: LogSink & { write(line: string): void }) => ({
  level: logLevel,
  stream,
  base: { pid: process.pid, hostname },
  timestamp: createTimestamps(),
  serializers: { err: shownError },
  hooks: {
    logMethod(this: unknown, said: unknown[], write: LogFn, level: number): void {
      tap.logMethod.call(this, withShownMessage(said), write, level)
    },
  },
})

/** The time as a member of a line. A busy service logs many in each millisecond. */
function createTimestamps(): () => string {
  let time = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== time) {
      time = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

/** What is logged of an error alone has its message, which may tell as much as the error. */
function withShownMessage(said: unknown[]): unknown[] {
  const [error] = said
  return said.length === 1 && error instanceof Error ? [error, withoutPasswords(error.message)] : said
}

/** An error without the passwords that the URLs in its texts may have. */
function shownError(error: Error) {
  const { type, message, stack, ...others } = stdSerializers.err(error)
  return { ...others, type, message: withoutPasswords(message), stack: withoutPasswords(stack) }
}

const usualRenderer = (isProduction: boolean) => (isProduction ? createJsonRenderer : createHumanRenderer)

/** Our renderers, for advice on a mistyped one. */
const ours = ['cliquet/logging/human', 'cliquet/logging/json', 'cliquet/logging/mozlog']

async function loadRenderer(settings: Settings, output: LogOutput): Promise<LogRenderer> {
  const { loggingRenderer: specifier, projectName, isProduction } = settings
  const options: RendererOptions = { projectName, output }
  if (specifier === undefined) return usualRenderer(isProduction)(options)
  const form = 'a function createRenderer(options)'
  const near = ours.includes(specifier) ? undefined : nearest(specifier, ours)
  const hint = near === undefined ? undefined : `did you mean ${near}?`
  const { createRenderer: create } = await importNamed(specifier, 'logging_renderer', settings, hint)
  const place = `${subject(settings, 'logging_renderer')}: `
  if (typeof create !== 'function') throw new ConfigurationError(`${place}the module ${specifier} must export ${form}`)
  const renderer: unknown = await create(options)
  if (isRenderer(renderer)) return renderer
  throw new ConfigurationError(
    `${place}createRenderer of the module ${specifier} must give a function from an entry to a text, or a sink: { write(line) }`,
  )
}

const isRenderer = (value: unknown): value is LogRenderer =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function')
