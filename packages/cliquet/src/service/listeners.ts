import { ConfigurationError } from '../errors/configuration-error.ts'
import type { ChangeAction, EventListener, ListenerOptions } from '../events/contract.ts'
import { listen } from './listening.ts'
import { createListenerSettings, listenerKey } from './member-settings.ts'
import { importNamed, subject } from './named-module.ts'
import { formerListeners } from './settings/former-names.ts'
import { nearest } from './settings/nearest.ts'
import { listenerWord } from './settings/resolution.ts'
import type { Settings } from './settings.ts'
import type { StartUp } from './startup/step.ts'

/** Listeners that need no `use`, and their modules. */
const builtIn: ReadonlyMap<string, string> = new Map([['redis', 'cliquet/listeners/redis']])

/**
 * Adds the listeners of `event_listeners`, each made by a module: the one in `event_listeners.{name}.use`, a built-in one of that name, or the
 * word itself if it is no name.
 * @throws ConfigurationError for what can't be found, does not fit or is not known, with the nearest right name
 */
export async function addListeners(start: StartUp): Promise<void> {
  const { settings } = start
  const names = settings.eventListeners.map(listenerWord)
  const double = names.find((name, place) => names.indexOf(name) !== place)
  if (double !== undefined)
    throw new ConfigurationError(`${subject(settings, 'event_listeners')}: there are two listeners with the name "${double}"`)
  for (const word of settings.eventListeners) await addListener(word, start)
}

async function addListener(word: string, start: StartUp): Promise<void> {
  const { settings, app } = start
  const name = listenerWord(word)
  const reader = createListenerSettings(name, settings)
  const place = findModule(word, reader.settings.text('use'), start)
  const listener = await make(place, { name, settings: reader.settings, log: app.log }, settings)
  const filter = readFilter(reader.settings)
  reader.refuseUnknown()
  start.onPrepare(async () => await listener.prepare?.())
  const { subscribe } = start.need('events')
  const called = subject(settings, listenerKey(name, 'resources'))
  listen(name, listener, { ...filter, app, watch: start.need('watch'), subscribe: (subscriber) => subscribe(subscriber, called) })
}

/** A module, and the setting that names it. */
interface Place {
  readonly specifier: string
  readonly setting: string
}

function findModule(word: string, use: string | undefined, { settings, app }: StartUp): Place {
  const isModule = /[./:]/.test(word)
  const setting = use === undefined ? 'event_listeners' : listenerKey(listenerWord(word), 'use')
  const written = use ?? (isModule ? word : builtIn.get(word))
  if (written === undefined) throw new ConfigurationError(`${subject(settings, setting)}: unknown listener "${word}"${hintFor(word)}`)
  const ours = formerListeners.get(written)
  if (ours !== undefined) app.log.warn(`${subject(settings, setting)}: the listener ${written} of the original is called ${ours} now`)
  return { specifier: ours ?? written, setting }
}

function hintFor(word: string): string {
  const near = nearest(word, builtIn.keys())
  return near === undefined ? `, unless the setting "${listenerKey(word, 'use')}" names its module` : `: did you mean "${near}"?`
}

async function make({ specifier, setting }: Place, options: ListenerOptions, settings: Settings): Promise<EventListener> {
  const ours = [...builtIn.values()]
  const near = ours.includes(specifier) ? undefined : nearest(specifier, ours)
  const { createListener } = await importNamed(specifier, setting, settings, near === undefined ? undefined : `did you mean ${near}?`)
  if (typeof createListener !== 'function') {
    throw new ConfigurationError(`${subject(settings, setting)}: the module ${specifier} must export a function createListener(options)`)
  }
  return (await createListener(options)) as EventListener // the contract is the module's to keep
}

const changes: readonly ChangeAction[] = ['create', 'update', 'delete']

/** What a listener hears of. */
interface Filter {
  readonly changes: readonly ChangeAction[]
  readonly isReader: boolean
  readonly resources: readonly string[] | undefined
}

function readFilter(settings: ListenerOptions['settings']): Filter {
  const actions = settings.list('actions')
  const wrong = actions.find((action) => action !== 'read' && !changes.some((known) => known === action))
  if (wrong !== undefined) {
    const near = nearest(wrong, [...changes, 'read'])
    throw settings.fault('actions', `words of ${[...changes, 'read'].join(', ')}${near === undefined ? '' : `: did you mean "${near}"?`}`)
  }
  const resources = settings.list('resources')
  return {
    changes: actions.length === 0 ? changes : changes.filter((known) => actions.includes(known)),
    isReader: actions.includes('read'),
    resources: resources.length === 0 ? undefined : resources,
  }
}
