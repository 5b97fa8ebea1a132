import assert from 'node:assert/strict'
import { BackendError } from '../errors/backend-error.ts'
import type { PermissionBackend, PermissionSession } from '../permission/contract.ts'
import type { Clock } from '../primitives/clock.ts'
import type { JoinedWork } from '../primitives/joined-work.ts'
import type { Transaction } from '../primitives/transaction.ts'
import { declarations } from '../storage/conformance/index.ts'
import type { Collection, Condition, Put, Storage, StorageSession } from '../storage/contract.ts'
import type { Gap } from './account.ts'
import { createHeldClock } from './clock.ts'
import { createOpened, notLent } from './lent.ts'
import { register } from './suite.ts'

/** A storage and a permission backend of one database. */
export interface Pair {
  readonly storage: Storage
  readonly permission: PermissionBackend
}

/** What works alike by itself and in a transaction. */
interface Sessions {
  readonly storage: StorageSession
  readonly permission: PermissionSession
}

/** Opens a storage and a permission backend of one database, not prepared; the suite prepares and empties them. */
export type OpenPair = (options: { readonly clock: Clock }) => Promise<Pair> | Pair

/** A test of two backends together. */
interface JointTest {
  readonly title: string
  run(pair: Pair): Promise<void>
}

/** Opens a pair, prepared and empty, runs a test with it and closes it. */
export async function withPair(open: OpenPair | undefined, run: (pair: Pair) => Promise<void>): Promise<void> {
  const opened = createOpened()
  try {
    const { storage, permission } = await (open ?? notLent('openPair'))({ clock: createHeldClock() })
    const pair = { storage: opened.keep(storage), permission: opened.keep(permission) }
    await storage.prepare(declarations)
    await permission.prepare()
    await storage.flush()
    await permission.flush()
    await run(pair)
  } finally {
    await opened.closeAll()
  }
}

const bookmarks: Collection = { parentId: '', resource: 'bookmark' }
const everything = { filters: [], sort: [{ field: 'last_modified', direction: 'descending' }], limit: 100 } as const
const numbers = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i)
const object = (id: string) => ({ parentId: '', uri: `/bookmarks/${id}` })
const none: Condition = { kind: 'none' }
const always = { condition: none }

/** Puts a bookmark whose write names who may read it. */
function put({ storage, permission }: Sessions, id: string, reader: string, changes: Partial<Put> = {}) {
  const join = [permission.replaceWork(object(id), { read: [reader] }, { write: ['author'] })]
  return storage.put(bookmarks, { id, body: '{}', condition: none, join, ...changes })
}

async function knows({ storage, permission }: Pair): Promise<void> {
  const foreign: JoinedWork = { database: {} }
  assert.equal(storage.canJoin(permission.replaceWork(object('a'), {}, {})), true)
  assert.equal(storage.canJoin(permission.removeWork('', '/bookmarks/')), true)
  assert.equal(storage.canJoin(foreign), false)
}

async function commitsWithPut(pair: Pair): Promise<void> {
  assert.equal((await put(pair, 'a', 'ann')).outcome, 'created')
  assert.deepEqual(await pair.permission.permissionsOf(object('a')), { read: ['ann'], write: ['author'] })
  assert.equal((await put(pair, 'a', 'bob')).outcome, 'replaced')
  assert.deepEqual(await pair.permission.permissionsOf(object('a')), { read: ['bob'], write: ['author'] })
}

async function nothingWhenRefused(pair: Pair): Promise<void> {
  await put(pair, 'a', 'ann', { body: '{"url":"u"}', timestamp: 500 })
  await put(pair, 'b', 'ann')
  const refusals = [
    await put(pair, 'a', 'eve', { condition: { kind: 'absent' } }),
    await put(pair, 'a', 'eve', { condition: { kind: 'timestamp', timestamp: 1 } }),
    await put(pair, 'b', 'eve', { body: '{"url":"u"}' }),
    await put(pair, 'c', 'eve', { body: '{"url":"u"}' }),
    await put(pair, 'c', 'eve', { condition: { kind: 'present' } }),
    await put(pair, 'c', 'eve', { timestamp: 500 }),
  ].map(({ outcome }) => outcome)
  assert.deepEqual(refusals, ['refused', 'refused', 'duplicate', 'duplicate', 'refused', 'timestamp-taken'])
  for (const id of ['a', 'b']) assert.deepEqual((await pair.permission.permissionsOf(object(id))).read, ['ann'])
  assert.deepEqual(await pair.permission.permissionsOf(object('c')), {})
  const join = [pair.permission.removeWork('', '/bookmarks/')]
  await pair.storage.remove(bookmarks, { id: 'a', condition: { kind: 'timestamp', timestamp: 1 }, join })
  await pair.storage.remove(bookmarks, { id: 'missing', ...always, join })
  await pair.storage.removeAll(bookmarks, everything, { ifTimestamp: 1, join })
  for (const id of ['a', 'b']) assert.deepEqual((await pair.permission.permissionsOf(object(id))).read, ['ann'])
}

async function removesWithRecord(pair: Pair): Promise<void> {
  const { storage, permission } = pair
  for (const id of ['a', 'ab', 'a_b']) await put(pair, id, 'ann')
  const note = { parentId: 'elsewhere', uri: '/bookmarks/a/notes/n' }
  await permission.replace(note, { read: ['bob'] })
  await storage.remove(bookmarks, { id: 'a', ...always, join: [permission.removeWork('', '/bookmarks/')] })
  assert.deepEqual(await permission.permissionsOf(object('a')), {})
  assert.deepEqual(await permission.permissionsOf(note), {}, 'of what lies below, too')
  for (const id of ['ab', 'a_b']) assert.deepEqual((await permission.permissionsOf(object(id))).read, ['ann'])
}

async function removesWithMany(pair: Pair): Promise<void> {
  const { storage, permission } = pair
  for (const i of numbers(6)) await put(pair, `r${i}`, 'ann', { body: JSON.stringify({ n: i }) })
  const join = [permission.removeWork('', '/bookmarks/')]
  const filters = [{ field: 'n', operator: 'min', value: 3 }] as const
  await storage.removeAll(bookmarks, { ...everything, filters, limit: 2 }, { join })
  const left = await permission.accessible({ parentId: '', uri: '/bookmarks' }, ['read'], ['ann'])
  assert.deepEqual([...left].sort(), ['r0', 'r1', 'r2', 'r3'], 'of those that were removed, and of no others')
}

async function winnerOnly(pair: Pair): Promise<void> {
  for (const round of numbers(4)) {
    const id = `r${round}`
    const outcomes = await Promise.all(numbers(20).map((i) => put(pair, id, `reader${i}`, { condition: { kind: 'absent' } })))
    const winners = numbers(20).filter((i) => outcomes[i]?.outcome === 'created')
    assert.equal(winners.length, 1)
    assert.deepEqual(
      (await pair.permission.permissionsOf(object(id))).read,
      winners.map((i) => `reader${i}`),
    )
  }
}

async function severalWorks(pair: Pair): Promise<void> {
  const { storage, permission } = pair
  await permission.replace(object('a'), { read: ['old'], write: ['old'] })
  const join = [permission.replaceWork(object('a'), { read: ['first'] }, {}), permission.replaceWork(object('a'), {}, { read: ['second'] })]
  await storage.put(bookmarks, { id: 'a', body: '{}', condition: none, join })
  assert.deepEqual((await permission.permissionsOf(object('a'))).read, ['first', 'second'], 'one after the other')
  assert.deepEqual((await permission.permissionsOf(object('a'))).write, ['old'])
}

/** Runs a test with sessions of one transaction; the test ends the transaction. */
async function inTransaction({ storage, permission }: Pair, run: (sessions: Sessions, transaction: Transaction) => Promise<void>) {
  const transaction = await storage.begin()
  const grants = permission.within(transaction)
  assert.ok(grants, 'the transaction is of the same database')
  try {
    await run({ storage: storage.within(transaction), permission: grants }, transaction)
  } finally {
    await transaction.rollback()
  }
}

/** Changes all that permissions have: principals, permissions by themselves, with a write and with removals. */
async function disturb({ storage, permission }: Sessions): Promise<void> {
  await put({ storage, permission }, 'a', 'bob')
  await permission.addUserPrincipal('ann', 'group')
  await permission.removePrincipal('old')
  await permission.replace(object('loose'), { read: ['group'] })
  await permission.run(permission.replaceWork(object('b'), { read: ['bob'] }, {}), [])
  await permission.remove([object('gone')])
  await storage.remove(bookmarks, { id: 'c', ...always, join: [permission.removeWork('', '/bookmarks/')] })
}

/** All that `disturb` concerns. */
async function permissionsSeen({ permission }: Pick<Sessions, 'permission'>) {
  const ids = ['a', 'b', 'c', 'gone', 'loose']
  return {
    principals: [...(await permission.principalsOf('ann'))].sort(),
    permissions: await Promise.all(ids.map((id) => permission.permissionsOf(object(id)))),
    bobs: [...(await permission.accessible({ parentId: '', uri: '/bookmarks' }, ['read'], ['bob']))].sort(),
    granted: await permission.isGranted([{ ...object('loose'), permission: 'read' }], ['group']),
  }
}

async function disturbable(pair: Pair): Promise<void> {
  for (const id of ['a', 'b', 'c']) await put(pair, id, 'ann')
  await pair.permission.addUserPrincipal('ann', 'old')
  await pair.permission.replace(object('gone'), { read: ['ann'] })
}

const disturbed = {
  principals: ['group'],
  permissions: [{ read: ['bob'], write: ['author'] }, { read: ['bob'], write: ['author'] }, {}, {}, { read: ['group'] }],
  bobs: ['a', 'b'],
  granted: true,
}

async function commitsTogether(pair: Pair): Promise<void> {
  await disturbable(pair)
  await inTransaction(pair, async (sessions, transaction) => {
    await disturb(sessions)
    assert.deepEqual(await permissionsSeen(sessions), disturbed, 'the session sees it')
    await transaction.commit()
    assert.deepEqual(await permissionsSeen(pair), disturbed, 'everybody sees it')
    assert.equal(await pair.storage.get(bookmarks, 'c'), undefined)
    await assert.rejects(permissionsSeen(sessions), BackendError)
    await assert.rejects(disturb(sessions), BackendError)
    await assert.rejects(sessions.permission.replace(object('late'), { read: ['ann'] }), BackendError)
  })
  assert.deepEqual(await permissionsSeen(pair), disturbed)
}

async function rollsBackTogether(pair: Pair): Promise<void> {
  await disturbable(pair)
  const before = await permissionsSeen(pair)
  const records = await pair.storage.list(bookmarks, everything)
  await inTransaction(pair, async (sessions, transaction) => {
    await disturb(sessions)
    assert.deepEqual(await permissionsSeen(pair), before, 'nobody else sees it')
    await transaction.rollback()
    assert.deepEqual(await permissionsSeen(pair), before)
    assert.deepEqual(await pair.storage.list(bookmarks, everything), records)
  })
}

async function refusalsInTransaction(pair: Pair): Promise<void> {
  await put(pair, 'a', 'ann')
  await inTransaction(pair, async (sessions, transaction) => {
    assert.equal((await put(sessions, 'a', 'eve', { condition: { kind: 'absent' } })).outcome, 'refused')
    assert.equal((await put(sessions, 'b', 'bob')).outcome, 'created')
    await transaction.commit()
  })
  assert.deepEqual((await pair.permission.permissionsOf(object('a'))).read, ['ann'])
  assert.deepEqual((await pair.permission.permissionsOf(object('b'))).read, ['bob'])
}

async function knowsTransactions({ permission }: Pair): Promise<void> {
  assert.equal(permission.within({ database: {}, commit: async () => {}, rollback: async () => {} }), undefined)
}

/** S12, P13 and P14, and P9 as far as storage is concerned. */
export const jointTests: readonly JointTest[] = [
  { title: 'S12 P9: storage knows the work of its database from that of others', run: knows },
  { title: 'S12 P9 R10.17: joined work is committed with a put', run: commitsWithPut },
  { title: 'S12 P9 R10.17: joined work is not done when the write is refused', run: nothingWhenRefused },
  { title: 'S12 P9 R10.16: permissions are removed with the record', run: removesWithRecord },
  { title: 'S12 P9 R10.16: permissions are removed with the records that a removal of many takes', run: removesWithMany },
  { title: 'S12 P9 R10.17: of many puts at once only the work of the one that succeeds is done', run: winnerOnly },
  { title: 'S12 P9: several works of one write are done in their order', run: severalWorks },
  { title: 'P13 R10.17 R11.15: permissions are committed with the transaction of a storage', run: commitsTogether },
  { title: 'P13 S12: in a transaction, too, work joined to a refused write is not done', run: refusalsInTransaction },
  { title: 'P13: a transaction of another database is told from those of this one', run: knowsTransactions },
  { title: 'S32 P14 R11.15: permissions are rolled back with the transaction of a storage', run: rollsBackTogether },
]

/**
 * Registers with `node:test` the tests that prove S12, P9, P13 and P14 on two backends of one database. `storageConformance` and `permissionConformance`
 * include them when they are given `openPair`; this is for pairs by themselves.
 */
export function jointConformance(name: string, open: OpenPair, options: { readonly gaps?: readonly Gap[] | undefined } = {}): void {
  const tests = jointTests.map(({ title, run }) => ({ title, run: () => withPair(open, run) }))
  register({ contract: 'joint', name, promises: ['S12', 'P9', 'P13', 'P14'], tests, gaps: options.gaps ?? [] })
}
