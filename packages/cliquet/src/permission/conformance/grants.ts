import assert from 'node:assert/strict'
import type { PermissionTest, PermissionTrial } from './trial.ts'

const at = (uri: string, parentId = '') => ({ parentId, uri })
const odd = ["it's", '50%', 'a_b', 'aXb', '"q"', 'back\\slash', 'é', '😀', 'a b', '__proto__', 'article:create', 'a,b', '{x}']

async function replaces({ permission }: PermissionTrial): Promise<void> {
  const a = at('/articles/a')
  await permission.replace(a, { read: ['bob', 'ann', 'bob'], write: ['ann'], 'note:create': ['ann'] })
  assert.deepEqual(await permission.permissionsOf(a), { read: ['ann', 'bob'], write: ['ann'], 'note:create': ['ann'] })
  assert.deepEqual(Object.keys(await permission.permissionsOf(a)), ['note:create', 'read', 'write'], 'sorted')
  await permission.replace(a, { read: ['eve'], write: [] })
  assert.deepEqual(await permission.permissionsOf(a), { read: ['eve'], 'note:create': ['ann'] })
  await permission.replace(a, {})
  assert.deepEqual(await permission.permissionsOf(a), { read: ['eve'], 'note:create': ['ann'] })
  await permission.replace(a, { read: [], 'note:create': [], other: [] })
  assert.deepEqual(await permission.permissionsOf(a), {})
}

async function anyCharacters({ permission }: PermissionTrial): Promise<void> {
  for (const name of odd) await permission.replace(at(`/${name}/${name}`, name), Object.fromEntries([[name, [name]]]))
  for (const name of odd) {
    const object = at(`/${name}/${name}`, name)
    assert.deepEqual(Object.entries(await permission.permissionsOf(object)), [[name, [name]]])
    assert.equal(await permission.isGranted([{ ...object, permission: name }], [name]), true)
    assert.deepEqual(await permission.accessible(at(`/${name}`, name), [name], [name]), [name])
  }
}

async function grants({ permission }: PermissionTrial): Promise<void> {
  await permission.replace(at('/articles/a'), { read: ['ann', 'group'], write: ['ann'] })
  const granted = (names: readonly string[], principals: readonly string[], uri = '/articles/a', parentId = '') =>
    permission.isGranted(
      names.map((name) => ({ uri, parentId, permission: name })),
      principals,
    )
  assert.equal(await granted(['read'], ['ann']), true)
  assert.equal(await granted(['write', 'read'], ['x', 'group']), true, 'any of the grants, any of the principals')
  assert.equal(await granted(['write'], ['group']), false)
  assert.equal(await granted(['read'], ['Ann']), false)
  assert.equal(await granted([], ['ann']), false)
  assert.equal(await granted(['read'], []), false)
  assert.equal(await granted(['read'], ['ann'], '/articles/b'), false)
  assert.equal(await granted(['read'], ['ann'], '/articles/a', 'other'), false)
  const both = [
    { ...at('/articles/missing'), permission: 'read' },
    { ...at('/articles/a'), permission: 'write' },
  ]
  assert.equal(await permission.isGranted(both, ['ann']), true)
}

async function unknown({ permission }: PermissionTrial): Promise<void> {
  assert.deepEqual(await permission.permissionsOf(at('/articles/a')), {})
  await permission.replace(at('/articles/a'), { read: ['ann'] })
  assert.deepEqual(await permission.permissionsOf(at('/articles/A')), {})
  assert.deepEqual(await permission.permissionsOf(at('/articles')), {})
}

async function directChildren({ permission }: PermissionTrial): Promise<void> {
  for (const uri of ['/articles/a1', '/articles/a_b', '/articlesX/a2', '/articles/a3/notes/n1', '/Articles/a4', '/articles']) {
    await permission.replace(at(uri), { read: ['ann'] })
  }
  await permission.replace(at('/articles/w'), { write: ['ann'], read: ['ann'] })
  await permission.replace(at('/articles/g'), { read: ['group'] })
  await permission.replace(at('/articles/elsewhere', 'other'), { read: ['ann'] })
  const list = async (names: readonly string[], principals: readonly string[], uri = '/articles') =>
    [...(await permission.accessible(at(uri), names, principals))].sort()
  assert.deepEqual(await list(['read'], ['ann']), ['a1', 'a_b', 'w'])
  assert.deepEqual(await list(['read', 'write'], ['ann', 'group']), ['a1', 'a_b', 'g', 'w'], 'each once')
  assert.deepEqual(await list(['write'], ['ann']), ['w'])
  assert.deepEqual(await list([], ['ann']), [])
  assert.deepEqual(await list(['read'], []), [])
  assert.deepEqual(await list(['read'], ['ann'], '/articles/a3/notes'), ['n1'])
  assert.deepEqual(await list(['read'], ['ann'], '/articles/a_'), [])
  assert.deepEqual(await list(['read'], ['ann'], '/article_'), [], 'an underscore is an underscore')
  assert.deepEqual(await list(['read'], ['ann'], '/%'), [])
}

async function removesBelow({ permission }: PermissionTrial): Promise<void> {
  const gone = [at('/articles/a_b'), at('/articles/a_b/notes/n'), at('/articles/a_b/notes/n', 'other'), at('/articles/a_b/notes/n/x/y')]
  const kept = [
    at('/articles/aXb'),
    at('/articles/aXb/notes/n'),
    at('/articles/a_bc'),
    at('/Articles/a_b'),
    at('/articles/A_b'),
    at('/articles'),
    at('/articles/a_b', 'other'),
    at('/x/articles/a_b'),
    at('/articles/a%'),
    at('/articles/a%/notes/n'),
  ]
  for (const object of [...gone, ...kept]) await permission.replace(object, { read: ['ann'] })
  await permission.remove([at('/articles/a_b'), at('/articles/missing')])
  for (const object of gone) assert.deepEqual(await permission.permissionsOf(object), {}, `${object.uri} is gone`)
  for (const object of kept) assert.deepEqual(await permission.permissionsOf(object), { read: ['ann'] }, `${object.uri} stays`)
  await permission.remove([])
  await permission.remove([at('/articles/a%'), at('/articles')])
  for (const { uri, parentId } of kept.slice(0, 4)) {
    assert.deepEqual(await permission.permissionsOf(at(uri, parentId)), uri.startsWith('/articles/') ? {} : { read: ['ann'] })
  }
}

async function twoParents({ permission }: PermissionTrial): Promise<void> {
  await permission.replace(at('/a/1', 'x'), { read: ['ann'] })
  await permission.replace(at('/a/1', 'y'), { read: ['bob'] })
  await permission.remove([at('/a/1', 'x')])
  assert.deepEqual(await permission.permissionsOf(at('/a/1', 'x')), {})
  assert.deepEqual(await permission.permissionsOf(at('/a/1', 'y')), { read: ['bob'] })
  assert.deepEqual(await permission.accessible(at('/a', 'x'), ['read'], ['bob']), [])
  assert.deepEqual(await permission.accessible(at('/a', 'y'), ['read'], ['bob']), ['1'])
}

async function worksAlone({ permission }: PermissionTrial): Promise<void> {
  const a = at('/articles/a')
  const replacing = permission.replaceWork(a, { read: ['ann'] }, { write: ['author'] })
  assert.deepEqual(await permission.permissionsOf(a), {}, 'work does nothing by being made')
  await permission.run(replacing, [])
  assert.deepEqual(await permission.permissionsOf(a), { read: ['ann'], write: ['author'] })
  for (const uri of ['/articles/a_b', '/articles/a_b/notes/n', '/articles/aXb', '/articles/c'])
    await permission.replace(at(uri), { read: ['ann'] })
  await permission.replace(at('/articles/c', 'other'), { read: ['ann'] })
  const removing = permission.removeWork('', '/articles/')
  await permission.run(removing, [])
  assert.deepEqual([...(await permission.accessible(at('/articles'), ['read'], ['ann']))].sort(), ['a', 'aXb', 'a_b', 'c'])
  await permission.run(removing, ['a_b', 'c', 'missing'])
  assert.deepEqual([...(await permission.accessible(at('/articles'), ['read'], ['ann']))].sort(), ['a', 'aXb'])
  assert.deepEqual(await permission.permissionsOf(at('/articles/a_b/notes/n')), {})
  assert.deepEqual(await permission.permissionsOf(at('/articles/c', 'other')), { read: ['ann'] })
}

async function adds({ permission }: PermissionTrial): Promise<void> {
  const a = at('/articles/a')
  await permission.replace(a, { write: ['bob'], read: ['bob'] })
  await permission.run(permission.replaceWork(a, {}, { write: ['ann', 'bob'] }), [])
  assert.deepEqual(await permission.permissionsOf(a), { write: ['ann', 'bob'], read: ['bob'] }, 'those that are there stay')
  await permission.run(permission.replaceWork(a, { write: [], read: ['eve'] }, { write: ['ann'] }), [])
  assert.deepEqual(await permission.permissionsOf(a), { write: ['ann'], read: ['eve'] }, 'after replacing')
}

/** P3 to P9 and P12. */
export const grantTests: readonly PermissionTest[] = [
  { title: 'P3: replacing concerns the permissions it names and leaves others', run: replaces },
  { title: 'P3: URIs, permissions and principals may have any characters', run: anyCharacters },
  { title: 'P4 R10.3: any grant to any of the principals is enough', run: grants },
  { title: 'P5: an object without permissions has none', run: unknown },
  { title: 'P6 R10.8: accessible are direct children only', run: directChildren },
  { title: 'P7 R10.16: removing takes all that lies below, and nothing that only looks so', run: removesBelow },
  { title: 'P8: the same URI under two parents is two objects', run: twoParents },
  { title: 'P9: work does what the calls do when it is run', run: worksAlone },
  { title: 'P12 R10.14: principals are added after replacing', run: adds },
]
