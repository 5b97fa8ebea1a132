import { createHash } from 'node:crypto'
import type { RedisDatabase } from '../../drivers/redis/database.ts'
import { repliedText } from '../../drivers/redis/reply.ts'
import { BackendError } from '../../errors/backend-error.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { Clock } from '../../primitives/clock.ts'
import type { JsonObject } from '../../primitives/json.ts'
import type { Collection, ResourceDeclaration } from '../contract.ts'
import type { Item } from '../evaluation/item.ts'
import { uniqueText } from '../evaluation/unique-text.ts'
import { allCollections, collectionKeys } from './collections.ts'
import { indexScript } from './scripts/keeping.ts'
import { readFor, type Snapshot } from './snapshot.ts'

/** A value that only one record of a collection may have, and the text that stands for the field and the value. */
export interface UniqueValue {
  readonly field: string
  readonly text: string
}

/** Longer values are told apart by their digests. */
const LONGEST_TEXT = 120

/** The unique values of a record. */
export function uniqueValues(names: readonly string[], fields: JsonObject): readonly UniqueValue[] {
  return names.flatMap((field) => {
    const value = uniqueText(fields, field)
    return value === undefined ? [] : [{ field, text: shortened(`${JSON.stringify(field)}:${value}`) }]
  })
}

const shortened = (text: string): string => (text.length > LONGEST_TEXT ? createHash('sha256').update(text).digest('base64') : text)

/** Names of unique fields as collections remember by which they were indexed. */
export const fieldsText = (names: readonly string[]): string => (names.length === 0 ? '' : JSON.stringify(names))

/**
 * The unique fields of resources. What was declared last, by whichever process, holds for all: a collection that is indexed by other fields
 * is indexed anew when it is next written to.
 */
export interface UniqueFields {
  of(resource: string): readonly string[]
  /** Sets the unique fields of these resources. @throws ConfigurationError when values are already double; nothing is changed then */
  declare(resources: readonly ResourceDeclaration[]): Promise<void>
  /** Learns which fields hold now, and has the collection indexed by them. */
  agree(collection: Collection): Promise<void>
}

/** Makes those of a database. */
export function createUniqueFields(database: RedisDatabase, clock: Clock): UniqueFields {
  const known = new Map<string, readonly string[]>()
  const key = `${database.keysOf('list', 'resources')}fields`
  const of = (resource: string): readonly string[] => known.get(resource) ?? []

  async function declared(resource: string): Promise<string> {
    return repliedText(await database.call('hget', [key, resource])) ?? ''
  }

  async function redeclare({ name, uniqueFields }: ResourceDeclaration): Promise<void> {
    await database.call('hset', [key, name, fieldsText(uniqueFields)])
    for await (const collections of allCollections(database, { resource: name })) {
      for (const collection of collections) await indexBy(database, collection, clock, uniqueFields)
    }
  }

  return {
    of,
    declare: async (resources) => {
      const changes: ResourceDeclaration[] = []
      for (const resource of resources) {
        if ((await declared(resource.name)) === fieldsText(resource.uniqueFields)) continue
        await assertUnique(database, clock, resource)
        changes.push(resource)
      }
      for (const resource of changes) await redeclare(resource)
      for (const { name, uniqueFields } of resources) known.set(name, [...uniqueFields])
    },
    agree: async (collection) => {
      const text = await declared(collection.resource)
      const names: readonly string[] = text === '' ? [] : JSON.parse(text)
      known.set(collection.resource, names)
      const [, , , state = ''] = collectionKeys(database, collection)
      if ((repliedText(await database.call('hget', [state, 'u'])) ?? '') !== text) await indexBy(database, collection, clock, names)
    },
  }
}

async function assertUnique(database: RedisDatabase, clock: Clock, { name, uniqueFields }: ResourceDeclaration): Promise<void> {
  if (uniqueFields.length === 0) return
  for await (const collections of allCollections(database, { resource: name })) {
    for (const collection of collections) {
      const owners = new Map<string, string>()
      for (const item of recordsOf(await readAll(database, collection, clock))) {
        for (const { field, text } of uniqueValues(uniqueFields, item.fields())) {
          const owner = owners.get(text)
          if (owner !== undefined) throw double(database, collection, field, [owner, item.id])
          owners.set(text, item.id)
        }
      }
    }
  }
}

function double({ place }: RedisDatabase, { parentId, resource }: Collection, field: string, ids: readonly string[]): ConfigurationError {
  return new ConfigurationError(
    `Redis ${place}: ${field} of ${resource} can't be unique: the records ${ids.join(' and ')} of parent "${parentId}" have the same value`,
  )
}

/** How often a collection is read again because others wrote to it in between. */
const attempts = 50

/** Indexes a collection anew. A value that several records have belongs to the newest. */
async function indexBy(database: RedisDatabase, collection: Collection, clock: Clock, names: readonly string[]): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const snapshot = await readAll(database, collection, clock)
    const entries = recordsOf(snapshot).map((item) => [item.id, uniqueValues(names, item.fields()).map(({ text }) => text)])
    const args = ['', '', snapshot.version, fieldsText(names), JSON.stringify(entries)]
    if ((await database.run(indexScript, collectionKeys(database, collection), args)) === 'indexed') return
  }
  throw new BackendError(`Redis ${database.place}: others write to ${collection.resource} all the time`)
}

const recordsOf = ({ items }: Snapshot): readonly Item[] => [...items.live.upwards(Number.NEGATIVE_INFINITY)]

async function readAll(database: RedisDatabase, collection: Collection, clock: Clock): Promise<Snapshot> {
  return await readFor(database, collection, clock, { filters: [], sort: [] }, 'records')
}
