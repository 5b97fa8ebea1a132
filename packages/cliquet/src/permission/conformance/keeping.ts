import assert from 'node:assert/strict'
import type { PermissionTest, PermissionTrial } from './trial.ts'

const a = { parentId: 'p', uri: '/articles/a' }

async function flushes({ permission }: PermissionTrial): Promise<void> {
  await permission.addUserPrincipal('ann', 'group')
  await permission.replace(a, { read: ['ann'] })
  await permission.flush()
  assert.deepEqual(await permission.principalsOf('ann'), [])
  assert.deepEqual(await permission.permissionsOf(a), {})
}

async function checks({ permission }: PermissionTrial): Promise<void> {
  await permission.replace(a, { read: ['ann'] })
  assert.equal(await permission.check({ readonly: false }), true)
  assert.equal(await permission.check({ readonly: true }), true)
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map(() => permission.check({ readonly: false }))), [true, true, true, true])
  assert.deepEqual(await permission.permissionsOf(a), { read: ['ann'] })
}

async function closes({ permission }: PermissionTrial): Promise<void> {
  await permission.close()
  await permission.close()
}

async function survives({ permission, reopen }: PermissionTrial): Promise<void> {
  await permission.addUserPrincipal('ann', 'group')
  await permission.replace(a, { read: ['ann'], write: ['bob'] })
  await permission.replace(a, { write: [] })
  const again = await reopen()
  assert.deepEqual(await again.principalsOf('ann'), ['group'])
  assert.deepEqual(await again.permissionsOf(a), { read: ['ann'] })
}

/** P10 and P11. */
export const keepingTests: readonly PermissionTest[] = [
  { title: 'P10: flushing removes everything', run: flushes },
  { title: 'P10 R2.5: a check works and nobody sees it', run: checks },
  { title: 'P10: closing again does nothing', run: closes },
  { title: 'P11: what was acknowledged survives a restart', run: survives, needs: 'reopen' },
]
