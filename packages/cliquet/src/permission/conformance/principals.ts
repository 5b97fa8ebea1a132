import assert from 'node:assert/strict'
import type { PermissionTest, PermissionTrial } from './trial.ts'

const odd = [
  "it's",
  '50%',
  'a_b',
  'aXb',
  'a*b',
  '"q"',
  'back\\slash',
  'é',
  '😀',
  'with space',
  '__proto__',
  'A',
  'a',
  'basicauth:1',
  '/groups/a',
]

async function given({ permission }: PermissionTrial): Promise<void> {
  assert.deepEqual(await permission.principalsOf('nobody'), [])
  for (const principal of ['editors', 'admins', 'editors']) await permission.addUserPrincipal('ann', principal)
  assert.deepEqual([...(await permission.principalsOf('ann'))].sort(), ['admins', 'editors'])
  await permission.removeUserPrincipal('ann', 'editors')
  await permission.removeUserPrincipal('ann', 'editors')
  await permission.removeUserPrincipal('nobody', 'editors')
  assert.deepEqual(await permission.principalsOf('ann'), ['admins'])
  await permission.removeUserPrincipal('ann', 'admins')
  assert.deepEqual(await permission.principalsOf('ann'), [])
}

async function anyCharacters({ permission }: PermissionTrial): Promise<void> {
  for (const name of odd) await permission.addUserPrincipal(name, name)
  for (const name of odd) assert.deepEqual(await permission.principalsOf(name), [name])
  await Promise.all(odd.flatMap((name) => [permission.addUserPrincipal('all', name), permission.addUserPrincipal('all', name)]))
  assert.deepEqual([...(await permission.principalsOf('all'))].sort(), [...odd].sort())
  await permission.removeUserPrincipal('all', 'a_b')
  assert.deepEqual([...(await permission.principalsOf('all'))].sort(), odd.filter((name) => name !== 'a_b').sort())
}

async function fromEveryUser({ permission }: PermissionTrial): Promise<void> {
  const object = { parentId: '', uri: '/articles/a1' }
  for (const user of ['ann', 'bob']) {
    await permission.addUserPrincipal(user, 'a_b')
    await permission.addUserPrincipal(user, 'aXb')
  }
  await permission.replace(object, { read: ['a_b'] })
  await permission.removePrincipal('a_b')
  await permission.removePrincipal('unknown')
  for (const user of ['ann', 'bob']) assert.deepEqual(await permission.principalsOf(user), ['aXb'])
  assert.deepEqual(await permission.permissionsOf(object), { read: ['a_b'] }, 'objects keep it')
}

/** P1 and P2. */
export const principalTests: readonly PermissionTest[] = [
  { title: 'P1: principals given to a user are got back without duplicates', run: given },
  { title: 'P1: users and principals may have any characters', run: anyCharacters },
  { title: 'P2: a principal is taken from every user and from no object', run: fromEveryUser },
]
