import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Inheritance, type Service, Type } from '../../src/index.ts'
import { type Fields, openService, type Received, type ServiceUnderTest, temporaryFolder, usableBackends } from './service-under-test.ts'

const operator = 'operator:secret'
const schema = { title: Type.Optional(Type.String()) }

interface Prepared extends ServiceUnderTest {
  /** Asks as the operator; values are escaped. */
  readonly explain: (parameters: Readonly<Record<string, string>>) => Promise<Received>
  /** The user id of who logs in with that name. */
  readonly idOf: (name: string) => Promise<string>
}

/** A service in which one user may have things explained. Their id is known only once it runs, so that a group stands for them. */
async function openExplained(options: Parameters<typeof openService>[0] = {}): Promise<Prepared> {
  const settings = {
    explain_endpoint_principals: 'group:operators',
    article_create_principals: 'system.Authenticated',
    ...options.settings,
  }
  const service = await openService({ ...options, settings })
  const idOf = async (name: string): Promise<string> => {
    const { user } = (await service.request('GET', '/v1/', { auth: `${name}:secret` })).body
    return (user as { id: string }).id // who is logged in has one
  }
  await service.service.app.permission.addUserPrincipal(await idOf('operator'), 'group:operators')
  const explain: Prepared['explain'] = (parameters) =>
    service.request('GET', `/v1/__explain__?${new URLSearchParams(parameters)}`, { auth: operator })
  return { ...service, explain, idOf }
}

const articles = (service: Service): void => void service.resource('article', { shared: true, schema, idGenerator: () => 'made' })

/** What was looked at and matched. */
const matched = ({ body }: Received): unknown[] =>
  (body.checked as Fields[]).flatMap(({ kind, name, uri, permission, matches }) =>
    Array.isArray(matches) && matches.length > 0 ? [[kind, name ?? `${permission} ${uri}`, ...matches]] : [],
  )

const verdict = ({ body }: Received): unknown[] => [body.permitted, body.decided_by]

for (const backend of usableBackends) {
  test(`R10.3: permissions are explained (${backend})`, async (t) => {
    const it = await openExplained({ backend, prepare: articles })
    const mat = await it.idOf('mat')
    const eve = await it.idOf('eve')
    const permissions = { read: ['group:readers', 'system.Authenticated'] }
    await it.request('PUT', '/v1/articles/open', { body: { data: {}, permissions }, auth: 'mat:secret' })
    await it.request('PUT', '/v1/articles/grouped', { body: { permissions: { write: ['group:writers'] } }, auth: 'mat:secret' })
    await it.request('PUT', '/v1/articles/public', { body: { permissions: { read: ['system.Everyone'] } }, auth: 'mat:secret' })
    await it.service.app.permission.addUserPrincipal(await it.idOf('writer'), 'group:writers')

    await t.test('R10.3: a setting that permits is named with the principal that matched', async () => {
      const answer = await it.explain({ uri: '/articles', permission: 'create', user: eve })
      assert.equal(answer.status, 200)
      assert.deepEqual(verdict(answer), [true, 'settings'])
      assert.deepEqual(answer.body.checked, [
        {
          kind: 'setting',
          name: 'article_create_principals',
          principals: ['system.Authenticated'],
          matches: ['system.Authenticated'],
          place: 'setting "article_create_principals"',
        },
        { kind: 'grant', uri: '/articles', permission: 'article:create', principals: [], matches: [] },
      ])
      assert.deepEqual(answer.body.principals, [
        { principal: eve, from: 'user' },
        { principal: 'system.Everyone', from: 'everyone' },
        { principal: 'system.Authenticated', from: 'authenticated' },
      ])
    })

    await t.test('R10.3: a stored permission is found, and that write implies read is told', async () => {
      const direct = await it.explain({ uri: '/articles/open', permission: 'read', user: eve })
      assert.deepEqual(verdict(direct), [true, 'permissions'])
      assert.deepEqual(matched(direct), [['grant', 'read /articles/open', 'system.Authenticated']])
      const implied = await it.explain({ uri: '/articles/grouped', permission: 'read', user: mat })
      assert.deepEqual(verdict(implied), [true, 'permissions'])
      assert.deepEqual(matched(implied), [['grant', 'write /articles/grouped', mat]])
    })

    await t.test('R4.4: groups of the permission backend count, and so do principals that are named', async () => {
      const answer = await it.explain({ uri: '/articles/grouped', permission: 'write', user: await it.idOf('writer') })
      assert.deepEqual(verdict(answer), [true, 'permissions'])
      assert.ok((answer.body.principals as Fields[]).some(({ principal, from }) => principal === 'group:writers' && from === 'group'))
      assert.deepEqual(matched(answer), [['grant', 'write /articles/grouped', 'group:writers']])
      const named = await it.explain({ uri: '/articles/grouped', permission: 'write', principals: 'group:a, group:writers' })
      assert.deepEqual([...verdict(named), named.body.user], [true, 'permissions', null])
      assert.deepEqual(named.body.principals, [
        { principal: 'system.Everyone', from: 'everyone' },
        { principal: 'group:a', from: 'parameter' },
        { principal: 'group:writers', from: 'parameter' },
      ])
    })

    await t.test('R10.10: without a user it is about who is not logged in', async () => {
      assert.deepEqual(matched(await it.explain({ uri: '/articles/public', permission: 'read' })), [
        ['grant', 'read /articles/public', 'system.Everyone'],
      ])
      assert.deepEqual(verdict(await it.explain({ uri: '/articles/open', permission: 'read' })), [false, 'nobody'])
    })

    await t.test('A refusal tells everything that would permit it', async () => {
      const answer = await it.explain({ uri: '/articles/grouped', permission: 'read', user: eve })
      assert.deepEqual(verdict(answer), [false, 'nobody'])
      assert.equal(
        answer.body.hint,
        'Any of these would permit it, with one of the principals above: in the setting `article_read_principals`; ' +
          'in the setting `article_write_principals`; `read` on /articles/grouped; `write` on /articles/grouped.',
      )
      assert.equal((answer.body.checked as Fields[]).length, 4)
    })

    await t.test('R10.4 R10.7 R10.8: of a list it tells which records are left of it', async () => {
      const some = await it.explain({ uri: '/articles', method: 'GET', user: eve })
      assert.deepEqual(verdict(some), [true, 'permissions'])
      const { count, ids } = some.body.records as { count: number; ids: string[] }
      assert.deepEqual([count, ids.toSorted()], [2, ['open', 'public']])
      const none = await it.explain({ uri: '/articles', method: 'DELETE', user: eve })
      assert.deepEqual([...verdict(none), none.body.records], [true, 'settings', { count: 0, ids: [] }])
      assert.match(String(none.body.notes), /empty list/)
      const whole = await it.explain({ uri: '/articles', permission: 'read', user: eve })
      assert.equal(whole.body.permitted, false)
      assert.match(String(whole.body.notes), /Ask with `method`/)
    })

    await t.test('R10.3: what is explained is what requests get: every method, user and record', async () => {
      const users = { mat, eve, writer: await it.idOf('writer'), nobody: undefined }
      const places = ['/articles', '/articles/open', '/articles/grouped', '/articles/public', '/articles/absent']
      const methods = { '/articles': ['GET', 'HEAD', 'POST', 'DELETE'], record: ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'] }
      // Requests that would change something are sent with a precondition that never holds: it is looked at after the permission (R3.21).
      const headers = { 'if-match': '"1"' }
      const seen = new Set<boolean>()
      for (const [name, user] of Object.entries(users)) {
        for (const uri of places) {
          for (const method of uri === '/articles' ? methods['/articles'] : methods.record) {
            const explained = await it.explain({ uri, method, ...(user === undefined ? {} : { user }) })
            const answer = await it.request(method, `/v1${uri}`, {
              headers: method === 'GET' || method === 'HEAD' ? {} : headers,
              auth: user === undefined ? null : `${name}:secret`,
              ...(['PUT', 'PATCH', 'POST'].includes(method) ? { body: { data: {} } } : {}),
            })
            const permitted = ![401, 403].includes(answer.status)
            assert.equal(explained.body.permitted, permitted, `${name} ${method} ${uri}: ${answer.status}, ${explained.text}`)
            seen.add(permitted)
          }
        }
      }
      assert.equal(seen.size, 2)
    })

    await t.test('R11.15: inside a batch it sees what the batch has written', async () => {
      const body = {
        requests: [
          { method: 'PUT', path: '/articles/batched', body: { data: {}, permissions: { read: ['group:x'] } } },
          { path: '/__explain__?uri=/articles/batched&method=PATCH&principals=group:x' },
        ],
      }
      const { responses } = (await it.request('POST', '/v1/batch', { body, auth: operator })).body
      const [, explained] = responses as [Fields, { status: number; body: Fields }]
      assert.equal(explained.status, 200)
      assert.deepEqual([explained.body.permitted, explained.body.exists], [false, true])
      const rules = explained.body.checked as Fields[]
      assert.deepEqual(rules.find(({ kind }) => kind === 'grant')?.principals, [await it.idOf('operator')])
    })
  })
}

test('R10.4: an inheritance of the application is asked, also about objects above', async () => {
  const inheritance: Inheritance = (object, permission) => [
    { ...object, permission },
    { parentId: '', uri: object.uri.split('/').slice(0, 3).join('/'), permission: 'write' },
  ]
  const { request, explain, idOf } = await openExplained({
    inheritance,
    settings: { library_create_principals: 'system.Authenticated' },
    prepare: (service) => {
      service.resource('library', { shared: true, schema, collectionPath: '/libraries', idGenerator: () => 'made' })
      service.resource('book', { shared: true, schema, collectionPath: '/libraries/{lib}/books', idGenerator: () => 'made' })
    },
  })
  await request('PUT', '/v1/libraries/city', { body: { data: {} } })
  const answer = await explain({ uri: '/libraries/city/books/b1', permission: 'read', user: await idOf('mat') })
  assert.deepEqual(verdict(answer), [true, 'permissions'])
  assert.deepEqual(matched(answer), [['grant', 'write /libraries/city', await idOf('mat')]])
  assert.deepEqual(answer.body.object, { uri: '/libraries/city/books/b1', parent: '/libraries/city/books' })
  assert.equal((await explain({ uri: '/libraries/city/books/b1', permission: 'read', user: await idOf('eve') })).body.permitted, false)
})

test('R10.1: a list of each user’s own is explained as that', async () => {
  const { explain, idOf } = await openExplained({ prepare: (service) => void service.resource('bookmark', { schema }) })
  const eve = await idOf('eve')
  const own = await explain({ uri: '/bookmarks', method: 'POST', user: eve })
  assert.deepEqual(verdict(own), [true, 'isolation'])
  assert.deepEqual(own.body.object, { uri: '/bookmarks', parent: eve })
  const anonymous = await explain({ uri: '/bookmarks', method: 'POST' })
  assert.deepEqual(verdict(anonymous), [false, 'nobody'])
  assert.match(String(anonymous.body.hint), /a user would be permitted/)
})

test('R10.1: an application’s own decision is asked, and named', async () => {
  const { explain, idOf } = await openExplained({
    authorization: ({ caller, permission, object }) =>
      caller.userId !== undefined && permission === 'read' && object.uri === '/articles/a1',
    prepare: articles,
  })
  const eve = await idOf('eve')
  const yes = await explain({ uri: '/articles/a1', method: 'GET', user: eve })
  assert.deepEqual(verdict(yes), [true, 'decision'])
  assert.deepEqual(yes.body.checked, [{ kind: 'decision', uri: '/articles/a1', permission: 'read', permits: true }])
  const no = await explain({ uri: '/articles/a2', method: 'GET', user: eve })
  assert.deepEqual(verdict(no), [false, 'nobody'])
  assert.match(String(no.body.hint), /decides by itself/)
})

test('R10.3: a permission of the resource’s own has its setting, with _ for a colon', async () => {
  const { explain } = await openExplained({
    settings: { article_note_create_principals: 'group:noters' },
    prepare: (service) => void service.resource('article', { shared: true, schema, permissions: ['read', 'write', 'note:create'] }),
  })
  const answer = await explain({ uri: '/articles/a1', permission: 'note:create', principals: 'group:noters' })
  assert.deepEqual(matched(answer), [['setting', 'article_note_create_principals', 'group:noters']])
})

test('A setting is told with its place in the configuration file', async () => {
  const file = join(temporaryFolder(), 'service.ini')
  writeFileSync(file, '[app:main]\n\narticle_read_principals = group:readers\n')
  const { explain } = await openExplained({ config: file, prepare: articles })
  const { body } = await explain({ uri: '/articles', permission: 'read', principals: 'group:readers' })
  const [first] = body.checked as Fields[]
  assert.equal(first?.place, `${file}:3: setting "article_read_principals"`)
})

test('A scope that a function of the request tells has to be named', async () => {
  const { explain, request } = await openExplained({
    prepare: (service) =>
      void service.resource('article', { shared: true, schema, parentId: () => 'mushrooms', idGenerator: () => 'made' }),
  })
  await request('PUT', '/v1/articles/a1', { body: { data: {}, permissions: { read: ['group:x'] } } })
  const unnamed = await explain({ uri: '/articles/a1', permission: 'read', principals: 'group:x' })
  assert.equal(unnamed.status, 400)
  assert.match(unnamed.text, /"name":"parent","description":"Required: a function of the request tells the scope of the resource article/)
  const named = await explain({ uri: '/articles/a1', permission: 'read', principals: 'group:x', parent: 'mushrooms' })
  assert.deepEqual(verdict(named), [true, 'permissions'])
})

test('What a policy tells is known of who asks about themselves', async () => {
  const { request } = await openService({
    policies: [
      {
        name: 'ticket',
        challenge: 'Ticket',
        authenticate: ({ 'x-ticket': id }) => (typeof id === 'string' ? { id, principals: ['role:boss'] } : undefined),
      },
    ],
    settings: { explain_endpoint_principals: 'role:boss', article_read_principals: 'role:boss' },
    prepare: articles,
  })
  const explain = (user: string) =>
    request('GET', `/v1/__explain__?uri=/articles&permission=read&user=${user}`, { auth: null, headers: { 'x-ticket': 'ann' } })
  const self = await explain('ticket:ann')
  assert.deepEqual(verdict(self), [true, 'settings'])
  assert.ok((self.body.principals as Fields[]).some(({ principal, from }) => principal === 'role:boss' && from === 'policy'))
  const other = await explain('ticket:bob')
  assert.equal(other.body.permitted, false)
  assert.match(String(other.body.notes), /add them as `principals`/)
})

test('It is off unless principals are named: 404 as any unknown URL, also for operators', async () => {
  const { request } = await openService({ prepare: articles })
  const answer = await request('GET', '/v1/__explain__?uri=/articles&permission=read')
  assert.deepEqual([answer.status, answer.body.errno], [404, 111])
  assert.doesNotMatch((await request('GET', '/v1/__api__')).text, /__explain__/)
})

test('Only the principals that are named may ask: 403 for others, 401 for nobody, before any parameter is read', async () => {
  const { request } = await openExplained({ prepare: articles })
  const forbidden = await request('GET', '/v1/__explain__?what=ever')
  assert.deepEqual([forbidden.status, forbidden.body.errno], [403, 121])
  const anonymous = await request('GET', '/v1/__explain__?uri=/articles&permission=read', { auth: null })
  assert.deepEqual([anonymous.status, anonymous.body.errno], [401, 104])
  assert.ok(anonymous.headers['www-authenticate'])
})

test('R3.5 R3.8: faults are told together, each with its name and with what there is instead', async () => {
  const { explain } = await openExplained({ prepare: articles })
  const faults = async (parameters: Readonly<Record<string, string>>): Promise<unknown> => {
    const { status, body } = await explain(parameters)
    assert.deepEqual([status, body.errno], [400, 107])
    return (body.details as Fields[]).map(({ location, name, description }) => `${location} ${name}: ${description}`)
  }
  assert.deepEqual(await faults({ usr: 'x', user: 'mat' }), [
    'querystring permission: Either permission or method must be given',
    'querystring uri: Required: the path of a record or a list, such as /articles/a1',
    'querystring user: Not a user id: here they start with basicauth:',
    'querystring usr: Unknown parameter: there are uri, permission, method, user, principals, parent',
  ])
  assert.deepEqual(await faults({ uri: '/artikel', permission: 'read' }), [
    'querystring uri: No resource is served there: there are /articles, /articles/{id}',
  ])
  for (const uri of ['/articles/', '/articles/a1?x=1', 'articles', '/articles/%zz']) {
    assert.match(String(await faults({ uri, permission: 'read' })), /^querystring uri: No resource/)
  }
  assert.deepEqual(await faults({ uri: '/articles', permission: 'reed' }), [
    'querystring permission: The resource article has the permissions read, write, create',
  ])
  assert.deepEqual(await faults({ uri: '/articles', method: 'PATCH' }), [
    'querystring method: Not served there: there are GET, POST, DELETE, HEAD',
  ])
  assert.deepEqual(await faults({ uri: '/articles', permission: 'read', method: 'GET' }), [
    'querystring permission: Either permission or method must be given',
  ])
  assert.deepEqual(await faults({ uri: '/articles', permission: 'read', parent: 'x' }), [
    'querystring parent: The scope of the resource article is known without it',
  ])
})

test('R1.1: the version prefix may be there or not; R12.7: the answer is not to be kept', async () => {
  const { explain } = await openExplained({ prepare: articles })
  const answer = await explain({ uri: '/v1/articles/a%2Fb', permission: 'read' })
  assert.deepEqual(answer.body.object, { uri: '/articles/a/b', parent: '' })
  assert.equal(answer.headers['cache-control'], 'no-cache, no-store')
})

test('R2.8: it is described where it is served, for those who log in', async () => {
  const { request } = await openExplained({ prepare: articles })
  const { paths } = (await request('GET', '/v1/__api__')).body as { paths: Record<string, { get?: Fields }> } // as OpenAPI says
  const { get: operation = {} } = paths['/__explain__'] ?? {}
  assert.deepEqual(operation.security, [{ basicauth: [] }])
  assert.deepEqual(
    (operation.parameters as Fields[]).map(({ name }) => name),
    ['uri', 'permission', 'method', 'user', 'principals', 'parent'],
  )
})
