import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Service, Type } from '../../../src/index.ts'
import { openService } from '../../protocol/service-under-test.ts'
import { allPages, type Play, pathOf, places, scenarios, uuid, values } from './scenario.ts'

const prepare = (service: Service): void => {
  service.resource('article', { schema: { title: Type.Optional(Type.String()) } }).resource('room', {
    schema: { title: Type.Optional(Type.String()) },
    collectionPath: '/houses/{house}/rooms',
    parentId: ({ request }) => (request.params as { house: string }).house, // the path has that parameter
  })
}

const scenario = await scenarios({ prepare })

/** Values in the order of R8.3; the last item has none. */
const mixed = [null, '', '10', '9', 'Z', 'a', 'é', '\u{10000}', -1, 0, 1.5, 2, 10, false, true, [1], { a: 1 }, undefined]

async function fill({ request }: Pick<Play, 'request'>, list: readonly object[], path = '/v1/articles'): Promise<void> {
  for (const [index, data] of list.entries()) await request('PUT', `${path}/${uuid(index)}`, { body: { data } })
}

const numbered = (count: number) => Array.from({ length: count }, (_, n) => ({ n, even: n % 2 === 0, title: `t${n % 3}` }))
const list = ({ request }: Pick<Play, 'request'>, query: string) => request('GET', `/v1/articles?${query}`)
const found = async (play: Pick<Play, 'request'>, query: string): Promise<unknown[]> => values(await list(play, `${query}&_sort=n`), 'n')

scenario('R7.1: filters are all applied, has_ among them, and a repeated name means two filters', async (play) => {
  await fill(play, numbered(8))
  assert.deepEqual(await found(play, 'even=true&gt_n=2'), [4, 6])
  assert.deepEqual(await found(play, 'n=0&has_z=true'), [])
  assert.deepEqual(await found(play, 'has_z=true&n=0'), [])
  assert.deepEqual(await found(play, 'not_n=0&not_n=1&max_n=3'), [2, 3])
})

scenario('R7.2: each operator finds its records over HTTP', async (play) => {
  await fill(play, [
    { n: 0, tags: ['a', 'b'], in_stock: true, 'odd-name': 1 },
    { n: 1, tags: ['a'], in_stock: false, z: null },
    { n: 2, tags: 'a', 'odd-name': 2 },
    { n: 3, tags: { a: 1 } },
  ])
  for (const [query, expected] of [
    ['lt_n=1', [0]],
    ['max_n=1', [0, 1]],
    ['gt_n=1', [2, 3]],
    ['min_n=1', [1, 2, 3]],
    ['not_n=1', [0, 2, 3]],
    ['in_n=1,3', [1, 3]],
    ['exclude_n=1,3', [0, 2]],
    ['has_z=true', [1]],
    ['has_z=false', [0, 2, 3]],
    ['contains_tags=a', [0, 1]],
    ['contains_tags=%5B%22a%22%2C%22b%22%5D', [0]],
    ['contains_any_tags=%5B%22b%22%2C%22c%22%5D', [0]],
    ['eq_in_stock=true', [0]],
    ['odd-name=2', [2]],
    ['tags.a=1', [3]],
  ] as const) {
    assert.deepEqual(await found(play, query), expected, query)
  }
})

scenario('R7.8: like_ takes every character but * literally and does no harm where the field is absent', async (play) => {
  const titles = ['100%', '100x', 'a_b', 'aXb', 'a(b', 'a\\b', 'a.b', 'ÉTÉ']
  await fill(play, [...titles.map((title, n) => ({ n, title, like: title })), { n: 99 }, { n: 100, like: null }, { n: 101, like: [1] }])
  for (const [pattern, expected] of [
    ['100%', ['100%']],
    ['a_b', ['a_b']],
    ['a(b', ['a(b']],
    ['a\\b', ['a\\b']],
    ['a.b', ['a.b']],
    ['*%', ['100%']],
    ['été', ['ÉTÉ']],
    ['a*b', ['a_b', 'aXb', 'a(b', 'a\\b', 'a.b']],
    ['A', ['a_b', 'aXb', 'a(b', 'a\\b', 'a.b']],
  ] as const) {
    assert.deepEqual(values(await list(play, `like_like=${encodeURIComponent(pattern)}&_sort=n`), 'like'), expected, pattern)
  }
})

scenario('R7.10: timestamps in filters may be quoted, for every operator', async (play) => {
  await fill(play, numbered(3))
  const [, middle] = values(await list(play, '_sort=n'), 'last_modified')
  for (const quote of ['', '%22']) {
    const value = `${quote}${middle}${quote}`
    for (const [query, expected] of [
      [`gt_last_modified=${value}`, [2]],
      [`_since=${value}`, [2]],
      [`_before=${value}`, [0]],
      [`_to=${value}`, [0]],
      [`last_modified=${value}`, [1]],
      [`not_last_modified=${value}`, [0, 2]],
      [`in_last_modified=${value},${quote}1${quote}`, [1]],
      [`exclude_last_modified=${value}`, [0, 2]],
    ] as const) {
      assert.deepEqual(await found(play, query), expected, query)
    }
  }
  for (const query of [
    '_since=abc',
    'gt_last_modified=',
    '_before=123%22',
    '_since=true',
    'like_last_modified=1',
    '_since=99999999999999',
  ]) {
    assert.equal((await list(play, query)).status, 400, query)
  }
})

scenario('R7.13: tombstones take part when a filter concerns last_modified, and go through the other filters', async (play) => {
  await fill(play, numbered(3))
  await play.request('DELETE', `/v1/articles/${uuid(1)}`)
  const ids = async (query: string) => values(await list(play, query), 'id').toSorted()
  const [zero, gone, two] = [uuid(0), uuid(1), uuid(2)]
  for (const query of [
    '_since=0',
    'gt_last_modified=0',
    'min_last_modified=0',
    'not_last_modified=5',
    'has_last_modified=true',
    '_before=99999999999',
  ]) {
    const expected = query === '_before=99999999999' ? [] : [zero, gone, two]
    assert.deepEqual(await ids(query), expected, query)
  }
  for (const query of ['', '_sort=last_modified', `in_id=${gone},${zero}`, 'deleted=true'])
    assert.ok(!(await ids(query)).includes(gone), query)
  assert.deepEqual(await ids('_since=0&n=0'), [zero])
  assert.deepEqual(await ids('_since=0&not_n=0'), [gone, two])
  assert.deepEqual(await ids(`_since=0&exclude_id=${zero}`), [gone, two])
  assert.deepEqual(await ids('_since=0&deleted=true'), [gone])
  assert.deepEqual(await ids('_since=0&not_deleted=true'), [zero, two])
  assert.deepEqual(await ids('_since=0&deleted=false'), [])
  const tombstone = (await list(play, '_since=0&deleted=true')).records[0]
  assert.deepEqual(Object.keys(tombstone ?? {}).toSorted(), ['deleted', 'id', 'last_modified'])
})

scenario('R7.15 R8.13: HEAD counts what matches, without tombstones, limit and token', async (play) => {
  await fill(play, numbered(6))
  await play.request('DELETE', `/v1/articles/${uuid(0)}`)
  const next = new URL((await list(play, '_limit=2')).headers['next-page'] ?? '')
  for (const [query, total] of [
    ['', 5],
    ['?even=true', 2],
    ['?_since=0', 5],
    ['?_limit=1', 5],
    [next.search, 5],
    ['?n=99', 0],
  ] as const) {
    const head = await play.request('HEAD', `/v1/articles${query}`)
    assert.deepEqual([head.status, head.headers['total-records'], head.headers['total-objects']], [200, `${total}`, `${total}`], query)
    assert.equal(head.headers['next-page'], undefined)
  }
  const get = await list(play, '')
  assert.deepEqual([get.headers['total-records'], get.headers['total-objects']], [undefined, undefined])
})

scenario('R8.3: values of all types have one order, and descending is its exact reverse', async (play) => {
  await fill(
    play,
    mixed.map((value, n) => ({ n, ...(value === undefined ? {} : { f: value }) })).toSorted((a, b) => ((a.n * 7) % 11) - ((b.n * 7) % 11)),
  )
  const ascending = (await list(play, '_sort=f,n')).records
  assert.deepEqual(values({ records: ascending } as Awaited<ReturnType<typeof list>>, 'f'), mixed) // only its records are looked at
  const descending = await list(play, '_sort=-f,-n')
  assert.deepEqual(descending.records, ascending.toReversed())
})

scenario('R8.3: comparisons cut the sorted list in two', async (play) => {
  await fill(
    play,
    mixed.map((value, n) => ({ n, ...(value === undefined ? {} : { f: value }) })),
  )
  const all = (await list(play, '_sort=f,n')).records
  for (const value of [null, '9', 'a', 0, 1.5, 3, false, true, [1], { a: 1 }]) {
    const text = encodeURIComponent(JSON.stringify(value))
    for (const [low, high] of [
      ['lt', 'min'],
      ['max', 'gt'],
    ]) {
      const below = await list(play, `${low}_f=${text}&_sort=f,n`)
      const above = await list(play, `${high}_f=${text}&_sort=f,n`)
      assert.deepEqual([...below.records, ...above.records], all, `${low} ${text}`)
    }
  }
})

scenario('R8.4: tombstones come last by a field, and first by deleted', async (play) => {
  await fill(play, numbered(3))
  await play.request('DELETE', `/v1/articles/${uuid(1)}`)
  assert.deepEqual(values(await list(play, '_since=0&_sort=n'), 'id'), [0, 2, 1].map(uuid))
  assert.deepEqual(values(await list(play, '_since=0&_sort=deleted,n'), 'id'), [1, 0, 2].map(uuid))
})

scenario('R8.5: _limit is an integer ≥ 0, and 0, empty and null mean none', async (play) => {
  await fill(play, numbered(3))
  for (const [text, length] of [
    ['2', 2],
    ['%222%22', 2],
    ['0', 3],
    ['', 3],
    ['null', 3],
    ['100000', 3],
  ] as const) {
    assert.equal((await list(play, `_limit=${text}`)).records.length, length, text)
  }
  for (const text of ['-1', 'abc', '1.5', 'true']) {
    const answer = await list(play, `_limit=${text}`)
    assert.deepEqual([answer.status, places(answer)], [400, ['querystring _limit']], text)
  }
})

test('R8.5: paginate_by limits every page of GET and DELETE', async () => {
  const play = await openService({ prepare, settings: { paginate_by: 2 } })
  await fill(play, numbered(5))
  assert.deepEqual(
    (await allPages(play.request, '/v1/articles')).map(({ records }) => records.length),
    [2, 2, 1],
  )
  assert.deepEqual(
    (await allPages(play.request, '/v1/articles?_limit=4')).map(({ records }) => records.length),
    [2, 2, 1],
  )
  assert.deepEqual((await allPages(play.request, '/v1/articles?_limit=1')).length, 5)
  assert.deepEqual(
    (await allPages(play.request, '/v1/articles', 'DELETE')).map(({ records }) => records.length),
    [2, 2, 1],
  )
  assert.equal(
    (
      await openService({ prepare, settings: { storage_max_fetch_size: 1 } }).then(async (other) => {
        await fill(other, numbered(2))
        return list(other, '_limit=10')
      })
    ).records.length,
    1,
  )
})

scenario('R8.6: Next-Page is the same URL with the limit and a token, and only there where more follows', async (play) => {
  await fill(play, numbered(4))
  const answer = await list(play, '_limit=2&title=t0%2Ct1&not_title=t0,t1&_sort=-n&a%20b=*')
  assert.equal(answer.headers['next-page'], undefined)
  const page = await list(play, '_limit=3&not_title=a%2Cb*&_sort=-n')
  const url = new URL(page.headers['next-page'] ?? '')
  assert.equal(`${url.origin}${url.pathname}`, `http://${play.host}/v1/articles`)
  assert.ok(url.search.includes('not_title=a%2Cb%2A'))
  assert.deepEqual([url.searchParams.get('_limit'), url.searchParams.get('_sort')], ['3', '-n'])
  assert.ok(url.searchParams.get('_token'))
  const last = await play.request('GET', pathOf(url.href))
  assert.deepEqual([values(last, 'n'), last.headers['next-page']], [[0], undefined])
  assert.equal((await list(play, '_limit=4')).headers['next-page'], undefined)
  assert.equal((await list(play, '')).headers['next-page'], undefined)
})

scenario('R8.6 R8.8: pages repeat nothing and leave nothing out, in any order, with tombstones too', async (play) => {
  await fill(
    play,
    mixed.map((value, n) => ({ n, ...(value === undefined ? {} : { f: value, g: n % 3 }) })),
  )
  for (const number of [3, 8, 13]) await play.request('DELETE', `/v1/articles/${uuid(number)}`)
  for (const sort of ['f', '-f', 'g,f', '-g,n', 'id', 'last_modified', '-last_modified', 'deleted,-f', 'missing', 'f.a,-g']) {
    for (const filter of ['', '&_since=0', '&not_g=1']) {
      const whole = await list(play, `_sort=${sort}${filter}`)
      for (const limit of [1, 3, 7]) {
        const pages = await allPages(play.request, `/v1/articles?_sort=${sort}${filter}&_limit=${limit}`)
        assert.deepEqual(
          pages.flatMap(({ records }) => records),
          whole.records,
          `${sort} ${filter} ${limit}`,
        )
      }
    }
  }
})

scenario('R8.8: the pages of one parent never show records of another', async ({ request, word }) => {
  const [mine, other] = [`/v1/houses/${word}a/rooms`, `/v1/houses/${word}b/rooms`]
  await fill({ request }, numbered(5), mine)
  await fill(
    { request },
    numbered(5).map((data) => ({ ...data, secret: true })),
    other,
  )
  for (const sort of ['n', '-n', 'title,-n', '-last_modified']) {
    const pages = await allPages(request, `${mine}?_limit=2&_sort=${sort}`)
    assert.deepEqual(
      pages.flatMap((page) => values(page, 'secret')),
      Array(5).fill(undefined),
    )
  }
})

scenario('R8.7: the token is base64 of JSON, in a URL escaped, and accepted in either alphabet', async (play) => {
  await fill(play, [
    { n: 0, title: '???>>>~~~' },
    { n: 1, title: 'ÿÿÿ???>>>' },
  ])
  const url = new URL((await list(play, '_limit=1&_sort=title')).headers['next-page'] ?? '')
  const token = url.searchParams.get('_token') ?? ''
  const content = JSON.parse(Buffer.from(token, 'base64').toString()) as { last_object: object; offset: number; nonce: string } // R8.7 says so
  assert.deepEqual(Object.keys(content.last_object).toSorted(), ['last_modified', 'title'])
  assert.equal(content.offset, 1)
  assert.match(content.nonce, /^pagination-token-[0-9a-f-]{36}$/)
  assert.ok(!/[+/=]/.test(/_token=([^&]*)/.exec(url.search)?.[1] ?? '+'))
  for (const text of [token, token.replaceAll('+', '-').replaceAll('/', '_'), token.replace(/=+$/, '')]) {
    const page = await list(play, `_limit=1&_sort=title&_token=${encodeURIComponent(text)}`)
    assert.deepEqual(values(page, 'n'), [1])
  }
})

scenario('R8.9: a token that is none is refused, and one with odd content never fails otherwise', async (play) => {
  await fill(play, numbered(3))
  const token = (content: unknown): string => encodeURIComponent(Buffer.from(JSON.stringify(content)).toString('base64'))
  const good = { last_object: { last_modified: 1 }, offset: 1, nonce: 'n' }
  for (const text of [
    'abc',
    '***',
    token(1),
    token([]),
    token({}),
    token({ ...good, last_object: 1 }),
    token({ offset: 1, nonce: 'n' }),
    '%00',
  ]) {
    for (const method of ['GET', 'DELETE']) {
      const answer = await play.request(method, `/v1/articles?_token=${text}`)
      assert.equal(answer.status, 400, `${method} ${text}`)
    }
  }
  const message = (await list(play, '_token=abc')).body.message
  assert.equal(message, 'querystring: _token has invalid content')
  for (const last of [
    { last_modified: 'a' },
    { last_modified: null },
    { last_modified: [{}] },
    {},
    { n: {}, last_modified: -1 },
    { id: 1 },
  ]) {
    for (const sort of ['', '&_sort=n', '&_sort=-id', '&_sort=title,n']) {
      assert.ok((await list(play, `_token=${token({ ...good, last_object: last })}${sort}`)).status < 500)
    }
  }
})

scenario('R8.10: the token of a GET may be used again', async (play) => {
  await fill(play, numbered(4))
  const next = pathOf((await list(play, '_limit=2&_sort=n')).headers['next-page'])
  for (let time = 0; time < 3; time += 1) assert.deepEqual(values(await play.request('GET', next), 'n'), [2, 3])
})

scenario('R8.16: filters, sort, pages and _fields combine freely', async (play) => {
  await fill(play, numbered(10))
  const pages = await allPages(play.request, '/v1/articles?even=true&_sort=title,-n&_fields=title&_limit=2&min_n=2&_since=0')
  assert.deepEqual(
    pages.map((page) => values(page, 'id')),
    [[6, 4].map(uuid), [8, 2].map(uuid)],
  )
  for (const record of pages.flatMap(({ records }) => records))
    assert.deepEqual(Object.keys(record).toSorted(), ['id', 'last_modified', 'title'])
})
