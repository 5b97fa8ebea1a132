import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError, type Service, Type } from '../../../src/index.ts'
import { openService } from '../../protocol/service-under-test.ts'
import { allPages, type Play, permissionsOf, places, principalOf, scenarios, uuid, values } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()), n: Type.Optional(Type.Integer()) }
const roomOf = (params: unknown): string => (params as { room: string }).room // the path has that parameter

function prepare(service: Service): void {
  service
    .resource('note', { schema, shared: true, collectionPath: '/rooms/{room}/notes', parentId: ({ request }) => roomOf(request.params) })
    .resource('reply', {
      schema,
      shared: true,
      collectionPath: '/rooms/{room}/notes/{note}/replies',
      recordPath: '/rooms/{room}/notes/{note}/replies/{id}',
      parentId: ({ request }) => roomOf(request.params),
    })
    .resource('account', { schema, shared: true, idGenerator: () => 'made', author: ({ id }) => `account:${id}` })
    .resource('tagged', { schema, shared: true, permissions: ['read', 'write', 'page:create'], idGenerator: () => 'made' })
    .resource('picky', {
      schema,
      shared: true,
      idGenerator: () => 'made',
      processRecord(next) {
        if (next.title === 'no') throw new HttpError(409, { message: 'No' })
        return next
      },
    })
}

const anyone = 'system.Everyone'
const settings = {
  note_create_principals: 'system.Authenticated',
  reply_create_principals: 'system.Authenticated',
  account_create_principals: anyone,
  account_write_principals: 'group:admins',
  tagged_create_principals: anyone,
  picky_create_principals: anyone,
}
const scenario = await scenarios({ prepare, settings })
const note = (word: string, number = 1): string => `/v1/rooms/${word}/notes/${uuid(number)}`

/** Five notes of alice; the user may read 1 and 2, and write 3. */
async function fill({ request, word, user, other }: Play): Promise<void> {
  const me = [principalOf(user)]
  for (const [n, permissions] of [{ read: me }, { read: me }, { write: me }, {}, {}].entries()) {
    await request('PUT', note(word, n + 1), { body: { data: { n: n + 1 }, permissions }, auth: other('alice') })
  }
}

scenario('R10.8: a list shows the records that the caller may read, and filters, sort, pages and counts work on those', async (play) => {
  await fill(play)
  const { request, word } = play
  const list = `/v1/rooms/${word}/notes`
  assert.deepEqual(values(await request('GET', `${list}?_sort=n`), 'n'), [1, 2, 3])
  assert.deepEqual(values(await request('GET', `${list}?_sort=-n&min_n=2`), 'n'), [3, 2])
  assert.deepEqual(
    (await allPages(request, `${list}?_sort=n&_limit=1`)).map((page) => values(page, 'n')),
    [[1], [2], [3]],
  )
  assert.equal((await request('HEAD', list)).headers['total-records'], '3')
  assert.equal((await request('HEAD', `${list}?gt_n=2`)).headers['total-records'], '1')
  assert.deepEqual((await request('GET', `${list}?n=5`)).records, [])
})

scenario('R10.8: the ETag stays the whole collection’s', async (play) => {
  await fill(play)
  const { request, word, other } = play
  const hidden = await request('PATCH', note(word, 5), { body: { data: { n: 50 } }, auth: other('alice') })
  for (const method of ['GET', 'HEAD']) assert.equal((await request(method, `/v1/rooms/${word}/notes`)).timestamp, hidden.timestamp)
})

scenario('R10.8 R5.30: a DELETE of a list deletes only what the caller may write', async (play) => {
  await fill(play)
  const { request, word, other } = play
  const gone = await request('DELETE', `/v1/rooms/${word}/notes`)
  assert.deepEqual([gone.status, values(gone, 'id')], [200, [uuid(3)]])
  assert.deepEqual((await request('DELETE', `/v1/rooms/${word}/notes`)).records, [])
  assert.deepEqual(values(await request('GET', `/v1/rooms/${word}/notes?_sort=n`, { auth: other('alice') }), 'n'), [1, 2, 4, 5])
})

scenario('R10.8: only direct children count', async ({ request, word, user, other }) => {
  const permissions = { read: [principalOf(user)] }
  await request('PUT', note(word), { body: {}, auth: other('alice') })
  await request('PUT', `${note(word)}/replies/${uuid(2)}`, { body: { permissions }, auth: other('alice') })
  assert.deepEqual((await request('GET', `/v1/rooms/${word}/notes`)).records, [])
  assert.deepEqual(values(await request('GET', `${note(word)}/replies`), 'id'), [uuid(2)])
  assert.equal((await request('GET', note(word))).status, 403)
})

scenario('R10.9: who sees a part of a list sees no tombstones there', async (play) => {
  await fill(play)
  const { request, word, other, service } = play
  const list = `/v1/rooms/${word}/notes`
  await request('DELETE', note(word, 1), { auth: other('alice') })
  await request('DELETE', note(word, 4), { auth: other('alice') })
  assert.deepEqual(values(await request('GET', `${list}?_since=0&_sort=n`), 'n'), [2, 3])
  assert.deepEqual((await request('GET', `${list}?_since=0&deleted=true`)).records, [])
  const kept = await service.app.permission.permissionsOf({ parentId: word, uri: `/rooms/${word}/notes/${uuid(1)}` })
  assert.deepEqual(kept, {})
})

scenario('R10.11: permissions are shown to those in the record’s own write set, else {}', async ({ request, word, user, other }) => {
  const permissions = { read: [anyone], write: [principalOf(other('carol')), 'group:b'] }
  const created = await request('PUT', note(word), { body: { permissions } })
  const write = [principalOf(other('carol')), principalOf(user), 'group:b'].toSorted()
  const whole = { read: [anyone], write }
  const shown = permissionsOf(created)
  assert.deepEqual({ read: shown.read, write: shown.write?.toSorted() }, whole)
  assert.deepEqual(permissionsOf(await request('GET', note(word), { auth: other('carol') })).read, [anyone])
  for (const auth of [other('bob'), null]) assert.deepEqual((await request('GET', note(word), { auth })).body.permissions, {})
})

scenario('R10.11: empty permissions are left out', async ({ request, user }) => {
  const path = `/v1/taggeds/empty-${user.split(':')[0]}`
  const created = await request('PUT', path, { body: { permissions: { read: [], 'page:create': ['a', 'a'] } } })
  assert.deepEqual(permissionsOf(created), { write: [principalOf(user)], 'page:create': ['a'] })
})

scenario('R10.11: write by settings does not reveal them', async ({ request, word, service, other, user }) => {
  await service.app.permission.addUserPrincipal(principalOf(user), 'group:admins')
  const path = `/v1/accounts/${word}`
  await request('PUT', path, { body: { permissions: { read: ['a'] } }, auth: null })
  await service.app.permission.replace({ parentId: '', uri: `/accounts/${word}` }, { write: [] })
  const { status } = await request('GET', path)
  assert.equal(status, 200)
  assert.equal((await request('GET', path, { auth: other('bob') })).status, 403)
})

scenario(
  'R10.12: creating stores the given permissions; replacing with one that is not null replaces all',
  async ({ request, word, user }) => {
    const me = principalOf(user)
    const put = async (permissions?: object) =>
      permissionsOf(await request('PUT', note(word), { body: { data: {}, ...(permissions ? { permissions } : {}) } }))
    assert.deepEqual(await put({ read: ['a', 'b'], write: null }), { read: ['a', 'b'], write: [me] })
    for (const none of [undefined, {}, { read: null }, { read: null, write: null }])
      assert.deepEqual((await put(none)).read, ['a', 'b'], JSON.stringify(none))
    assert.deepEqual(await put({ read: ['c'] }), { read: ['c'], write: [me] })
    assert.deepEqual(await put({ write: ['d'] }), { write: ['d', me].toSorted() })
    assert.deepEqual(await put({ read: [], write: [] }), { write: [me] })
  },
)

scenario('R10.12: POST stores the given permissions', async ({ request, word, user }) => {
  const answer = await request('POST', `/v1/rooms/${word}/notes`, { body: { permissions: { read: ['a'], write: ['b'] } } })
  assert.deepEqual(permissionsOf(answer), { read: ['a'], write: ['b', principalOf(user)].toSorted() })
})

scenario(
  'R10.13: PATCH replaces each named permission, empties with [], ignores null and leaves the others',
  async ({ request, word, user }) => {
    const me = principalOf(user)
    await request('PUT', note(word), { body: { permissions: { read: ['a'], write: ['b'] } } })
    const patch = async (permissions: object, headers = {}) =>
      permissionsOf(await request('PATCH', note(word), { body: { permissions }, headers }))
    assert.deepEqual(await patch({ read: ['c'] }), { read: ['c'], write: ['b', me].toSorted() })
    assert.deepEqual(await patch({ read: null }), { read: ['c'], write: ['b', me].toSorted() })
    assert.deepEqual(await patch({ write: [] }), { read: ['c'], write: [me] })
    assert.deepEqual(await patch({ read: [] }), { write: [me] })
    assert.deepEqual(await patch({}), { write: [me] })
    const mergeType = { 'content-type': 'application/merge-patch+json' }
    assert.deepEqual(await patch({ read: ['x'] }, mergeType), { read: ['x'], write: [me] })
    assert.deepEqual(await patch({ read: null, write: null }, mergeType), { write: [me] })
  },
)

scenario('R10.14: who writes is added to write, even if the request tries to remove them', async ({ request, word, user, other }) => {
  const [me, bob] = [principalOf(user), principalOf(other('bob'))]
  await request('PUT', note(word), { body: { permissions: { write: [bob] } } })
  const byBob = await request('PATCH', note(word), { body: { permissions: { write: [me] } }, auth: other('bob') })
  assert.deepEqual(permissionsOf(byBob).write, [bob, me].toSorted())
  const without = await request('PUT', note(word), { body: { data: {}, permissions: { write: [bob] } } })
  assert.deepEqual(permissionsOf(without).write, [bob, me].toSorted())
})

scenario('R10.14 R5.16: a POST that answers an existing record adds nobody', async ({ request, word, other }) => {
  await request('PUT', note(word), { body: { permissions: { read: [anyone] } }, auth: other('alice') })
  const answer = await request('POST', `/v1/rooms/${word}/notes`, { body: { data: { id: uuid(1) } } })
  assert.deepEqual([answer.status, answer.body.permissions], [200, {}])
  assert.deepEqual(permissionsOf(await request('GET', note(word), { auth: other('alice') })).write, [principalOf(other('alice'))])
})

test('R10.14: explicit_permissions=false adds nobody', async () => {
  const { request, service } = await openService({ prepare, settings: { ...settings, explicit_permissions: 'false' } })
  const created = await request('PUT', note('a'), { body: { permissions: { read: [anyone] } } })
  assert.deepEqual([created.status, created.body.permissions], [201, {}])
  const stored = await service.app.permission.permissionsOf({ parentId: 'a', uri: `/rooms/a/notes/${uuid(1)}` })
  assert.deepEqual(stored, { read: [anyone] })
  assert.equal((await request('PATCH', note('a'), { body: { data: {} } })).status, 403)
})

scenario('R10.15: principals are lists of texts, names are those declared, and duplicates collapse', async ({ request, word, user }) => {
  for (const [permissions, place] of [
    [{ read: 'a' }, 'body permissions.read'],
    [{ read: { a: 1 } }, 'body permissions.read'],
    [{ read: ['a', 1] }, 'body permissions.read.1'],
    [{ read: [null] }, 'body permissions.read.0'],
    [{ admin: ['a'] }, 'body permissions'],
    [{ 'note:create': ['a'] }, 'body permissions'],
  ] as const) {
    for (const method of ['PUT', 'PATCH']) {
      if (method === 'PATCH') await request('PUT', note(word), { body: {} })
      else await request('DELETE', note(word))
      const answer = await request(method, note(word), { body: { permissions } })
      assert.deepEqual([answer.status, places(answer)], [400, [place]], `${method} ${JSON.stringify(permissions)}`)
    }
  }
  const answer = await request('PUT', note(word), { body: { permissions: { read: ['b', 'a', 'b'], write: [principalOf(user)] } } })
  assert.deepEqual(permissionsOf(answer), { read: ['a', 'b'], write: [principalOf(user)] })
})

scenario('R10.16: deleting a record deletes its permissions and those below it', async ({ request, word, other, service }) => {
  const reader = other('bob')
  await request('PUT', note(word), { body: { permissions: { read: [principalOf(reader)] } } })
  await request('PUT', `${note(word)}/replies/${uuid(2)}`, { body: { permissions: { read: [principalOf(reader)] } } })
  await request('DELETE', note(word))
  assert.equal((await request('GET', `${note(word)}/replies/${uuid(2)}`, { auth: reader })).status, 403)
  await request('PUT', note(word), { body: {} })
  assert.equal((await request('GET', note(word), { auth: reader })).status, 403)
  assert.deepEqual(
    await service.app.permission.permissionsOf({ parentId: word, uri: `/rooms/${word}/notes/${uuid(1)}/replies/${uuid(2)}` }),
    {},
  )
})

scenario('R10.16 R5.30: a DELETE of a list takes the permissions of what it deletes, and no others’', async ({ request, word, other }) => {
  for (const n of [1, 2, 3])
    await request('PUT', note(word, n), { body: { data: { n }, permissions: { read: [principalOf(other('bob'))] } } })
  assert.deepEqual(values(await request('DELETE', `/v1/rooms/${word}/notes?_limit=1&_sort=n`), 'id'), [uuid(1)])
  assert.deepEqual(values(await request('GET', `/v1/rooms/${word}/notes?_sort=n`, { auth: other('bob') }), 'n'), [2, 3])
  await request('PUT', note(word, 1), { body: {} })
  assert.equal((await request('GET', note(word, 1), { auth: other('bob') })).status, 403)
})

scenario('R10.17: a request that is refused changes neither data nor permissions', async ({ request, word }) => {
  const path = `/v1/pickys/${word}`
  const created = await request('PUT', path, { body: { data: { title: 'yes' }, permissions: { read: ['a'] } } })
  const permissions = { read: ['b'] }
  for (const [method, data, headers] of [
    ['PUT', { title: 'no' }, {}],
    ['PATCH', { title: 'no' }, {}],
    ['PUT', { title: 'yes' }, { 'if-match': '"1"' }],
    ['PATCH', { title: 5 }, {}],
    ['PUT', { title: 'yes', id: 'other' }, {}],
  ] as const) {
    assert.ok((await request(method, path, { body: { data, permissions }, headers })).status >= 400)
    assert.deepEqual((await request('GET', path)).body, created.body)
  }
})

scenario('R10.18: the author that a resource names takes the caller’s place in write, and its permissions are shown', async (play) => {
  const { request, word, service, user } = play
  const path = `/v1/accounts/${word}`
  const created = await request('PUT', path, { body: { data: { title: 'me' } }, auth: null })
  assert.deepEqual([created.status, permissionsOf(created)], [201, { write: [`account:${word}`] }])
  await service.app.permission.addUserPrincipal(principalOf(user), 'group:admins')
  const changed = await request('PATCH', path, { body: { permissions: { read: ['a'] } } })
  assert.deepEqual(permissionsOf(changed), { read: ['a'], write: [`account:${word}`] })
  await service.app.permission.addUserPrincipal(principalOf(play.other('owner')), `account:${word}`)
  assert.equal((await request('GET', path, { auth: play.other('owner') })).status, 200)
})

scenario('R6.9: a 412 does not show a record to who may not read it', async ({ request, word, other }) => {
  await request('PUT', note(word), { body: { data: { title: 'private' } }, auth: other('alice') })
  for (const [method, path, body] of [
    ['PUT', note(word), {}],
    ['PUT', note(word), { data: { title: 'x' } }],
  ] as const) {
    const answer = await request(method, path, { body, headers: { 'if-none-match': '*' } })
    assert.deepEqual([answer.status, answer.body.details], [412, undefined])
    assert.ok(!answer.text.includes('private'))
  }
  const posted = await request('POST', `/v1/rooms/${word}/notes`, { body: { data: { id: uuid(1) } }, headers: { 'if-none-match': '*' } })
  assert.equal(posted.status, 403)
  const shown = await request('PUT', note(word), { body: {}, headers: { 'if-none-match': '*' }, auth: other('alice') })
  assert.deepEqual(Object.keys(shown.body.details ?? {}), ['existing'])
})
