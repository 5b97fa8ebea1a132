/**
 * A storage of one's own, in one file. Records are in memory, and in a journal from which memory is rebuilt at the start. What is written together
 * is one line of the journal, and is seen by others when that line is on the disk: nobody ever sees what a crash could take away. All records
 * must fit into memory, and one process at a time has the journal.
 */

import { createReadStream, existsSync } from 'node:fs'
import { mkdir, open, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { BackendOptions, Clock, Collection, JoinedWork, Storage, StorageSession, Transaction } from 'cliquet'
import { BackendError, ConfigurationError } from 'cliquet'
import type { Change, CollectionState, Collections, Draft } from 'cliquet/storage/evaluation'
import {
  countMatching,
  createCollections,
  createDraft,
  fixedTimestamp,
  itemText,
  loadInto,
  putInto,
  removeAllFrom,
  removeFrom,
  select,
} from 'cliquet/storage/evaluation'

/** Makes the storage that the setting `storage_backend` names. `storage_url` is `journal:` and a path. */
export function createStorage({ url, clock }: BackendOptions): Storage {
  const path = /^journal:(.+)$/.exec(url)?.[1]
  if (path === undefined) throw new ConfigurationError(`"${url}" is no journal: expected journal:path/to/file`)
  return createJournalStorage({ path: resolve(path), clock })
}

/** The first line of every journal: no other file is taken for one, and written over. */
const HEADER = '["cliquet journal",1]'

/** How long a write waits for a transaction of others (S35), ms. */
const PATIENCE = 10_000

/** How long a transaction may last unless told otherwise, ms. */
const TRANSACTION_TIMEOUT = 30_000

/** The open file. Each line is a list of changes that are made together. */
interface Journal {
  /** Waits until the line is on the disk; when that fails there is no line. */
  append(changes: readonly Change[]): Promise<void>
  /** @throws BackendError when the file was taken away, or another process has begun with a journal of its own */
  verify(): Promise<void>
  close(): Promise<void>
}

/** Makes a new journal in the place of the file that was there; after a crash there is the one or the other. */
async function createJournal(path: string, changes: Iterable<Change>): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.new`, linesFor(changes), { flush: true })
  await rename(`${path}.new`, path)
  if (process.platform !== 'win32') await syncFolder(dirname(path))
  const file = await open(path, 'r+')
  const { ino, dev, size } = await file.stat()
  let length = size

  async function verify(): Promise<void> {
    const there = await stat(path)
    if (there.ino !== ino || there.dev !== dev) throw new BackendError(`journal ${path} is another file now`)
  }

  async function append(list: readonly Change[]): Promise<void> {
    await verify()
    const line = Buffer.from(`${JSON.stringify(list)}\n`)
    try {
      await file.truncate(length)
      for (let at = 0; at < line.length; ) at += (await file.write(line, at, line.length - at, length + at)).bytesWritten
      await file.datasync()
      length += line.length
    } catch (error) {
      // If this fails too, the next call does it.
      await file.truncate(length).catch(() => {})
      throw error
    }
  }

  return { append, verify, close: () => file.close() }
}

function* linesFor(changes: Iterable<Change>): Generator<string> {
  yield `${HEADER}\n`
  for (const change of changes) yield `${JSON.stringify([change])}\n`
}

/** The new name of a file is on the disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

/** The lines, without their newlines. */
async function* linesIn(path: string): AsyncGenerator<string> {
  let rest: Buffer[] = []
  for await (const chunk of createReadStream(path)) {
    let start = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      yield Buffer.concat([...rest, chunk.subarray(start, end)]).toString()
      rest = []
      start = end + 1
    }
    rest.push(chunk.subarray(start))
  }
  const last = Buffer.concat(rest).toString()
  if (last !== '') yield last
}

/** What the journal says, line by line. A last line that a crash has cut off is left out: nobody was told that it was written. */
async function* changesIn(path: string): AsyncGenerator<readonly Change[]> {
  let number = 0
  let broken: unknown
  for await (const line of linesIn(path)) {
    number += 1
    if (number === 1 && line !== HEADER) throw new ConfigurationError(`${path} is no journal`)
    if (broken !== undefined) throw new ConfigurationError(`${path}:${number - 1} is no line of a journal`, { cause: broken })
    try {
      if (number > 1) yield JSON.parse(line) as readonly Change[] // behind the header are the lines of `append` and `linesFor`
    } catch (error) {
      broken = error
    }
  }
}

/** Rebuilds what is kept, and begins a new journal without what the old one had twice. */
async function openJournal(path: string, kept: Collections): Promise<Journal> {
  kept.clear()
  if (existsSync(path)) for await (const changes of changesIn(path)) kept.apply(changes)
  return await createJournal(path, kept.dump())
}

/** What the disk refuses is a failure of the backend. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof BackendError || cause instanceof ConfigurationError) throw cause
    throw new BackendError(`journal ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** Makes what lets in one at a time, in the order of asking: gives what ends the turn. @throws BackendError for who waits too long */
function createTurns(patience: number): () => Promise<() => void> {
  const queue: (() => void)[] = []
  let taken = false
  const leave = (): void => {
    const next = queue.shift()
    taken = next !== undefined
    next?.()
  }
  return () =>
    new Promise((enter, fail) => {
      const start = (): void => {
        clearTimeout(timer)
        enter(leave)
      }
      const giveUp = (): void => {
        queue.splice(queue.indexOf(start), 1)
        fail(new BackendError(`other writes took longer than ${patience} ms`))
      }
      const timer = setTimeout(giveUp, patience)
      queue.push(start)
      if (!taken) leave()
    })
}

/** How calls come to their collections: by themselves, or in a transaction. */
interface Way {
  readonly clock: Clock
  /** As it is now; nothing may be changed. */
  see(collection: Collection): CollectionState
  write<T>(collection: Collection, work: (state: CollectionState) => T): Promise<T>
}

function createSession({ clock, see, write }: Way): StorageSession {
  /** The first read of a collection is a write: it fixes the timestamp (S14). */
  async function read<T>(collection: Collection, work: (state: CollectionState, timestamp: number) => T): Promise<T> {
    const state = see(collection)
    if (state.timestamp !== undefined) return work(state, state.timestamp)
    return await write(collection, (fresh) => work(fresh, fixedTimestamp(fresh, clock())))
  }
  return {
    get: async (collection, id) => see(collection).byId.get(id)?.record,
    timestamp: (collection) => read(collection, (_, timestamp) => timestamp),
    list: (collection, query) =>
      read(collection, (state, timestamp) => {
        const { items, next } = select(state, query, 'tombstones-by-filter')
        return { timestamp, json: `[${items.map(itemText).join(',')}]`, length: items.length, next }
      }),
    count: (collection, filters, ids) => read(collection, (state, timestamp) => ({ total: countMatching(state, filters, ids), timestamp })),
    put: async (collection, put) => {
      refuse(put.join)
      return await write(collection, (state) => putInto(state, clock(), put))
    },
    remove: async (collection, removal) => {
      refuse(removal.join)
      return await write(collection, (state) => removeFrom(state, clock(), removal))
    },
    removeAll: async (collection, query, { ifTimestamp, join } = {}) => {
      refuse(join)
      return await write(collection, (state) => removeAllFrom(state, clock(), query, ifTimestamp))
    },
    canJoin: () => false,
  }
}

function refuse(join: readonly JoinedWork[] | undefined): void {
  if (join !== undefined && join.length > 0) throw new ConfigurationError('nothing else can be committed with what a journal keeps')
}

interface TransactionParts {
  readonly database: object
  readonly draft: Draft
  readonly save: (draft: Draft) => Promise<void>
  readonly leave: () => void
  readonly timeout: number
}

/** A draft that has the turn of writing until it is saved or dropped. */
class JournalTransaction implements Transaction {
  readonly database: object
  readonly #parts: TransactionParts
  readonly #timer: NodeJS.Timeout
  /** What became of it, to tell those who come too late. */
  #ended: string | undefined

  constructor(parts: TransactionParts) {
    this.database = parts.database
    this.#parts = parts
    this.#timer = setTimeout(() => this.undo(`took longer than ${parts.timeout} ms`), parts.timeout)
    this.#timer.unref()
  }

  /** What it has changed. @throws BackendError when it has ended */
  get draft(): Draft {
    if (this.#ended !== undefined) throw new BackendError(`the transaction ${this.#ended}`)
    return this.#parts.draft
  }

  async commit(): Promise<void> {
    const { draft } = this
    this.#end('was committed, or has failed to be')
    await this.#parts.save(draft).finally(this.#parts.leave)
  }

  async rollback(): Promise<void> {
    this.undo('was rolled back')
  }

  undo(why: string): void {
    if (this.#ended !== undefined) return
    this.#end(why)
    this.#parts.leave()
  }

  #end(how: string): void {
    clearTimeout(this.#timer)
    this.#ended = how
  }
}

/** What is kept, in memory and in the journal. Everything is seen by all; changes are made by one at a time. */
class Database {
  readonly path: string
  readonly kept = createCollections()
  readonly #turn = createTurns(PATIENCE)
  /** Writes that will be one line of the journal. */
  readonly #waiting: { readonly run: (draft: Draft) => () => void; readonly fail: (error: unknown) => void }[] = []
  #journal: Journal | undefined
  #transaction: JournalTransaction | undefined
  #closing: Promise<void> | undefined

  constructor(path: string) {
    this.path = path
  }

  get journal(): Journal {
    if (this.#closing !== undefined || this.#journal === undefined) throw new BackendError(`journal ${this.path} is not open`)
    return this.#journal
  }

  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const leave = await this.#turn()
    return await onDisk(this.path, work).finally(leave)
  }

  async open(): Promise<void> {
    if (this.#closing === undefined) this.#journal ??= await openJournal(this.path, this.kept)
  }

  /** Gives what the work gives, when its changes are on the disk. */
  write<T>(work: (draft: Draft) => T): Promise<T> {
    return new Promise((resolve, fail) => {
      const run = (draft: Draft): (() => void) => {
        const result = work(draft)
        return () => resolve(result)
      }
      if (this.#waiting.push({ run, fail }) === 1) void this.#writeTogether()
    })
  }

  /** Whoever comes while the disk is busy is done with the next line: many writes, one wait. */
  async #writeTogether(): Promise<void> {
    let group = this.#waiting
    try {
      const answers = await this.inTurn(async () => {
        group = this.#waiting.splice(0)
        const draft = createDraft(this.kept)
        const done = group.map(({ run }) => run(draft))
        await this.#save(draft)
        return done
      })
      for (const answer of answers) answer()
    } catch (error) {
      for (const { fail } of group.splice(0)) fail(error)
    }
  }

  async #save(draft: Draft): Promise<void> {
    const changes = draft.changes()
    await onDisk(this.path, async () => (changes.length === 0 ? this.journal.verify() : this.journal.append(changes)))
    this.kept.apply(changes)
  }

  async begin(timeout: number): Promise<Transaction> {
    const leave = await this.#turn()
    const save = (draft: Draft): Promise<void> => this.#save(draft)
    this.#transaction = new JournalTransaction({ database: this, draft: createDraft(this.kept), save, leave, timeout })
    if (this.#closing !== undefined) await this.#transaction.rollback()
    return this.#transaction
  }

  async flush(): Promise<void> {
    await this.journal.verify()
    const old = this.journal
    this.#journal = await createJournal(this.path, [])
    this.kept.clear()
    await old.close()
  }

  close(): Promise<void> {
    this.#closing ??= this.inTurn(async () => this.#journal?.close())
    this.#transaction?.undo('was rolled back, as the storage was closed')
    return this.#closing
  }
}

/** Makes the storage in the journal at that path; `prepare` reads it, or begins a new one. */
export function createJournalStorage({ path, clock }: { readonly path: string; readonly clock: Clock }): Storage {
  const database = new Database(path)
  return {
    ...createSession({
      clock,
      see: (collection) => database.journal && database.kept.of(collection),
      write: (collection, work) => database.write((draft) => work(draft.of(collection))),
    }),
    prepare: (resources) => database.inTurn(() => database.open().then(() => database.kept.declare(resources))),
    purge: (purge) => database.write((draft) => draft.purge(purge)),
    flush: () => database.inTurn(() => database.flush()),
    check: async ({ readonly }) => {
      const work = async (): Promise<void> => (readonly ? database.journal.verify() : database.journal.append([]))
      return await database.inTurn(work).then(
        () => true,
        () => false,
      )
    },
    dump: async function* () {
      if (database.journal) yield* database.kept.dump()
    },
    load: (items) => database.write((draft) => loadInto(draft.of, items)),
    begin: ({ timeout = TRANSACTION_TIMEOUT } = {}) => database.begin(timeout),
    within: (transaction) => {
      if (!(transaction instanceof JournalTransaction) || transaction.database !== database)
        throw new BackendError(`journal ${path} has no part in a transaction of another database`)
      const see = (collection: Collection): CollectionState => transaction.draft.of(collection)
      return createSession({ clock, see, write: async (collection, work) => work(see(collection)) })
    },
    close: () => database.close(),
  }
}
