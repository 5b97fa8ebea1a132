import type { Backends } from '../../service/backends.ts'
import type { StorageItem } from '../../storage/dump.ts'
import { CommandFailure } from '../frame/failure.ts'
import { type DumpItem, isOfPermission } from './items.ts'
import type { Line } from './lines.ts'
import { checkHeader, type End, parseItem } from './parsing.ts'

/** Most items that are committed together, and most characters of them. */
const TOGETHER = 1000
const LONGEST_GROUP = 4_000_000

/** An item, and the line it came from. */
interface Placed {
  readonly item: DumpItem
  readonly line: Line
}

/** Takes a dump in. */
export interface Loader {
  /** How many items are committed. */
  readonly loaded: number
  /** @throws CommandFailure that names the line, or BackendError; what is committed stays. The message tells how much that is */
  load(lines: AsyncIterable<Line>): Promise<void>
}

/** Makes a loader for prepared backends. The next items are read while the last ones are written. @param onLoaded called after each commit */
export function createLoader(backends: Pick<Backends, 'storage' | 'permission'>, onLoaded: (loaded: number) => void): Loader {
  let loaded = 0
  let group: Placed[] = []
  let length = 0
  let writing = Promise.resolve()

  async function add(placed: Placed): Promise<void> {
    group.push(placed)
    length += placed.line.text.length
    if (group.length >= TOGETHER || length >= LONGEST_GROUP) await write()
  }

  async function write(): Promise<void> {
    await writing
    const items = group
    group = []
    length = 0
    writing = writeGroup(backends, items).then(() => {
      loaded += items.length
      onLoaded(loaded)
    })
    // Whoever waits for it next is told of its failure.
    writing.catch(() => {})
  }

  async function finish(): Promise<void> {
    if (group.length > 0) await write()
    await writing
  }

  return {
    get loaded() {
      return loaded
    },
    async load(lines) {
      try {
        // What stands before a faulty line is loaded all the same.
        const fault = await readItems(lines, add)
        await finish()
        if (fault !== undefined) throw fault
      } catch (error) {
        await writing.catch(() => {})
        throw withCount(error, loaded)
      }
    },
  }
}

/** Hands on each item. @returns what is wrong with the dump, if anything is: nothing behind it was looked at */
async function readItems(lines: AsyncIterable<Line>, add: (placed: Placed) => Promise<void>): Promise<CommandFailure | undefined> {
  const dump = new DumpReader()
  const iterator = lines[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = await attempt(() => iterator.next())
      if (next instanceof CommandFailure) return next
      if (next.done === true) return dump.atEnd()
      const item = dump.read(next.value)
      if (item instanceof CommandFailure) return item
      if (item !== undefined) await add({ item, line: next.value })
    }
  } finally {
    await iterator.return?.()
  }
}

/** What is expected of a dump as a whole. */
class DumpReader {
  #begun = false
  #items = 0
  #end: End | undefined

  /** The item of the line, if it has one, or what is wrong with it. */
  read({ number, text }: Line): DumpItem | undefined | CommandFailure {
    try {
      if (!this.#begun) {
        checkHeader(text)
        this.#begun = true
        return undefined
      }
      if (this.#end !== undefined) return new CommandFailure(`line ${number}: this stands behind the end of the dump`)
      const item = parseItem(text)
      if (item.kind !== 'end') {
        this.#items += 1
        return item
      }
      this.#end = item
      return undefined
    } catch (error) {
      if (error instanceof CommandFailure) return new CommandFailure(`line ${number}: ${error.message}`, { cause: error })
      throw error
    }
  }

  /** What is missing. */
  atEnd(): CommandFailure | undefined {
    if (!this.#begun) return new CommandFailure('this is not a dump of cliquet: there is nothing')
    if (this.#end === undefined) return new CommandFailure('the dump is cut off: its last line is missing')
    const { items = this.#items } = this.#end
    return items === this.#items ? undefined : new CommandFailure(`the dump had ${items} items, but here were ${this.#items}`)
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<T | CommandFailure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CommandFailure) return error
    throw error
  }
}

async function writeGroup({ storage, permission }: Pick<Backends, 'storage' | 'permission'>, group: readonly Placed[]): Promise<void> {
  const records = group.filter((placed): placed is Placed & { readonly item: StorageItem } => !isOfPermission(placed.item))
  const permissions = group.map(({ item }) => item).filter(isOfPermission)
  if (records.length > 0) {
    const outcome = await storage.load(records.map(({ item }) => item))
    if (outcome.outcome === 'conflict') throw conflict(records[outcome.position], outcome.field)
  }
  if (permissions.length > 0) await permission.load(permissions)
}

function conflict(placed: Placed | undefined, field: string): CommandFailure {
  const { item, line } = placed ?? {}
  const name = item !== undefined && 'id' in item ? `the ${item.kind} "${item.id}" of ${item.resource}` : 'this'
  return new CommandFailure(`line ${line?.number}: ${name} has the same "${field}" as another one that is there`)
}

function withCount(error: unknown, loaded: number): unknown {
  if (!(error instanceof Error)) return error
  error.message = `${error.message}; ${loaded === 1 ? '1 item is' : `${loaded} items are`} loaded`
  return error
}
