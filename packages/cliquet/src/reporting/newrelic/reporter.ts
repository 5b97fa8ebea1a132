import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { ErrorKind, ErrorReporter, ReportedRequest } from '../contract.ts'

type Agent = typeof import('newrelic')

/** How long the end of the service waits for New Relic, ms. */
const PATIENCE = 3000

/**
 * Makes a reporter of the agent of New Relic, which makes a transaction of each request that the process serves; here it gets its name, and its errors.
 * There is one agent in a process: it is started unless it runs already (`node -r newrelic`), by its own configuration, and ended by `close`. What it shall
 * see of databases must be loaded after it. @throws ConfigurationError if it is not installed
 */
export async function createNewRelicReporter(): Promise<ErrorReporter> {
  return new NewRelicReporter(await loadAgent())
}

async function loadAgent(): Promise<Agent> {
  try {
    return (await import('newrelic')).default
  } catch (cause) {
    throw new ConfigurationError('New Relic needs the package "newrelic": npm install newrelic', { cause })
  }
}

class NewRelicReporter implements ErrorReporter {
  readonly #agent: Agent

  constructor(agent: Agent) {
    this.#agent = agent
  }

  begin({ method, service }: ReportedRequest): void {
    this.#agent.setTransactionName(`${method} ${service}`)
  }

  report(error: unknown, kind: ErrorKind, request: ReportedRequest | undefined): void {
    const noticed = error instanceof Error ? error : new Error(String(error))
    this.#agent.noticeError(noticed, { error_kind: kind, ...attributesOf(request) })
  }

  close(): Promise<void> {
    return new Promise((resolve) =>
      this.#agent.shutdown({ collectPendingData: true, timeout: PATIENCE, waitForIdle: false }, () => resolve()),
    )
  }
}

function attributesOf(request: ReportedRequest | undefined): Record<string, string> {
  if (request === undefined) return {}
  const { id, service, userId } = request
  return { request_id: id, service, ...(userId === undefined ? {} : { user_id: userId }) }
}
