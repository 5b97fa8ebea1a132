import assert from 'node:assert/strict'
import type { PermissionBackend } from '../contract.ts'
import type { PermissionItem } from '../dump.ts'
import type { PermissionTest, PermissionTrial } from './trial.ts'

const long = 'x'.repeat(3000)
const strange = `%_'"\\ *é😀`

/** Everything that the backend holds. */
async function dumped(permission: PermissionBackend): Promise<readonly PermissionItem[]> {
  const items: PermissionItem[] = []
  for await (const item of permission.dump()) items.push(item)
  return items
}

/** The items as texts, sorted: backends may have different orders. */
const texts = (items: readonly PermissionItem[]): readonly string[] =>
  items.map((item) => JSON.stringify(Object.entries(item).sort())).sort()

/** More than a page of grants, and of principals, some of them strange and long. */
function makeItems(): readonly PermissionItem[] {
  const items: PermissionItem[] = []
  for (let i = 0; i < 300; i += 1) {
    items.push({ kind: 'permission', parentId: `p${i % 7}`, uri: `/articles/a${i % 50}`, permission: 'read', principal: `user${i}` })
    items.push({ kind: 'principal', userId: `user${i % 60}`, principal: `group${i}` })
  }
  items.push({ kind: 'permission', parentId: strange, uri: `/articles/${strange}`, permission: 'article:create', principal: strange })
  items.push({ kind: 'permission', parentId: '', uri: '/articles', permission: 'write', principal: long })
  items.push({ kind: 'principal', userId: strange, principal: long })
  return items
}

async function fill(permission: PermissionBackend, items: readonly PermissionItem[]): Promise<void> {
  for (const item of items) {
    if (item.kind === 'principal') await permission.addUserPrincipal(item.userId, item.principal)
    else await permission.run(permission.replaceWork(item, {}, { [item.permission]: [item.principal] }), [])
  }
}

async function givesEverything({ permission }: PermissionTrial): Promise<void> {
  const items = makeItems()
  await fill(permission, items)
  assert.deepEqual([...new Set(texts(await dumped(permission)))], texts(items))
  await permission.flush()
  assert.deepEqual(await dumped(permission), [])
}

async function isOneSnapshot({ permission }: PermissionTrial): Promise<void> {
  const items = makeItems()
  await permission.load(items)
  const before = await dumped(permission)
  assert.deepEqual(texts(before), texts(items), 'each once')
  const seen: PermissionItem[] = []
  for await (const item of permission.dump()) {
    seen.push(item)
    if (seen.length > 1) continue
    await permission.removePrincipal('group7')
    await permission.replace({ parentId: 'p1', uri: '/articles/a1' }, { read: [], write: ['new'] })
    await permission.addUserPrincipal('zoe', 'new')
  }
  assert.deepEqual(seen, before, 'in the same order, too')
}

async function mayBeAbandoned({ permission }: PermissionTrial): Promise<void> {
  await permission.load(makeItems())
  for (let i = 0; i < 40; i += 1) for await (const { kind } of permission.dump()) if (kind === 'permission') break
  await permission.addUserPrincipal('ann', 'group')
  await permission.close()
}

async function loadsAll({ permission }: PermissionTrial): Promise<void> {
  const items = makeItems()
  await permission.replace({ parentId: 'p', uri: '/articles/a1' }, { read: ['before'] })
  await permission.addUserPrincipal('user1', 'before')
  for (let i = 0; i < 2; i += 1) await permission.load(items)
  await permission.load([])
  const before: readonly PermissionItem[] = [
    { kind: 'permission', parentId: 'p', uri: '/articles/a1', permission: 'read', principal: 'before' },
    { kind: 'principal', userId: 'user1', principal: 'before' },
  ]
  assert.deepEqual([...new Set(texts(await dumped(permission)))], texts([...items, ...before]))
  assert.deepEqual(await permission.permissionsOf({ parentId: '', uri: '/articles' }), { write: [long] })
  assert.deepEqual(await permission.principalsOf(strange), [long])
  assert.deepEqual(await permission.accessible({ parentId: 'p1', uri: '/articles' }, ['read'], ['user1']), ['a1'])
  await permission.removePrincipal('group1')
  assert.deepEqual([...(await permission.principalsOf('user1'))].sort(), ['before', 'group121', 'group181', 'group241', 'group61'])
}

/** P15 to P17. */
export const movingTests: readonly PermissionTest[] = [
  { title: 'P15: a dump gives every grant and every principal of a user', run: givesEverything },
  { title: 'P15: whoever abandons a dump leaves nothing open', run: mayBeAbandoned },
  { title: 'P16: a dump is one snapshot, whatever is changed meanwhile', run: isOneSnapshot },
  { title: 'P17: what is loaded is there, beside what was there, however often', run: loadsAll },
]
