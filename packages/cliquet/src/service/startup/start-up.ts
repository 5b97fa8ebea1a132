import type { FastifyInstance } from 'fastify'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { RequestObservers } from '../../http/observers.ts'
import { noMetrics } from '../../metrics/none/index.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { Capability, Probe } from '../../views/context.ts'
import { noWatch } from '../observation/watch.ts'
import type { Views } from '../own-views.ts'
import type { Settings } from '../settings.ts'
import type { Parts, StartStep, StartUp } from './step.ts'

/** Where the app is entered below the version prefix; it can't be removed. */
export const PREFIX = 'prefix'

/** What a start begins with. */
export interface StartOptions {
  readonly settings: Settings
  readonly clock: Clock
  readonly capabilities: ReadonlyMap<string, Capability>
  readonly heartbeats: ReadonlyMap<string, Probe>
  readonly views: readonly Views[]
  readonly observers: RequestObservers
}

/** Runs the steps, those after `prefix` on the app below the version prefix. @returns the start, with what they have made */
export async function runSteps(app: FastifyInstance, steps: readonly StartStep[], options: StartOptions): Promise<StartUp> {
  const border = steps.findIndex(({ name }) => name === PREFIX)
  if (border < 0) throw new ConfigurationError(`the start can't do without the step "${PREFIX}"`)
  const work: (() => Promise<void>)[] = []
  const start = createStartUp(app, options, work)
  for (const step of steps.slice(0, border)) await step.run(start)
  await app.register(
    async (scope) => {
      for (const step of steps.slice(border)) await step.run(start.below(scope))
    },
    { prefix: `/${options.settings.apiPrefix}` },
  )
  app.addHook('onReady', async () => {
    for (const prepare of work) await prepare()
    app.readiness.begin()
  })
  app.addHook('preClose', async () => app.readiness.end())
  return start
}

const missing = (name: keyof Parts, { storageBackend }: Settings): string =>
  name === 'database'
    ? `a step or plugin needs the SQL database of the storage, and ${storageBackend} has none`
    : `a step of the start needs what the step "${name}" makes, and there is none`

interface Beginning extends StartUp {
  /** The same start, with the scope. */
  below(scope: FastifyInstance): StartUp
}

function createStartUp(app: FastifyInstance, options: StartOptions, work: (() => Promise<void>)[]): Beginning {
  const parts = new Map<keyof Parts, unknown>([
    ['metrics', noMetrics],
    ['watch', noWatch],
  ])
  const { settings, clock } = options
  const find = <Name extends keyof Parts>(name: Name): Parts[Name] | undefined => parts.get(name) as Parts[Name] | undefined // what `provide` was given under that name
  const common = {
    app,
    settings,
    clock,
    capabilities: new Map(options.capabilities),
    heartbeats: new Map(options.heartbeats),
    views: [...options.views],
    need<Name extends keyof Parts>(name: Name): Parts[Name] {
      const part = find(name)
      if (part === undefined) throw new ConfigurationError(missing(name, settings))
      return part
    },
    find,
    provide<Name extends keyof Parts>(name: Name, part: Parts[Name]): void {
      parts.set(name, part)
    },
    observeRequests: options.observers.add,
    onPrepare: (prepare: () => Promise<void>) => void work.push(prepare),
  }
  return {
    ...common,
    get scope(): FastifyInstance {
      throw new ConfigurationError(`the app below the version prefix is there from the step "${PREFIX}" on`)
    },
    below: (scope) => ({ ...common, scope }),
  }
}
