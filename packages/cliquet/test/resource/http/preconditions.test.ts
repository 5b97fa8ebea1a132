import assert from 'node:assert/strict'
import { type Service, Type } from '../../../src/index.ts'
import { type Play, places, scenarios, uuid } from './scenario.ts'

const schema = { title: Type.Optional(Type.String()) }

function prepare(service: Service): void {
  service
    .resource('article', { schema })
    .resource('guarded', { schema, processRecord: (next) => next })
    .resource('sheet', { schema, shared: true })
}

const settings = { sheet_create_principals: 'system.Authenticated', sheet_read_principals: 'system.Authenticated' }
const scenario = await scenarios({ prepare, settings })
const lists = ['/v1/articles', '/v1/guardeds']
const idOf = (word: string, number = 0): string => uuid(Number(word.slice(1)) * 1000 + number)
const recordMethods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE']
const bodyOf = (method: string): object => (['PUT', 'PATCH', 'POST'].includes(method) ? { body: { data: { title: 'new' } } } : {})

const put = ({ request }: Pick<Play, 'request'>, path: string, title = 'old') => request('PUT', path, { body: { data: { title } } })

scenario('R6.1: the ETag of a record is its timestamp in quotes, that of a list the collection’s, whatever the filters', async (play) => {
  const { request } = play
  const first = await put(play, `/v1/articles/${uuid(1)}`)
  const second = await put(play, `/v1/articles/${uuid(2)}`)
  assert.match(String(first.headers.etag), /^"\d+"$/)
  assert.equal((await request('GET', `/v1/articles/${uuid(1)}`)).headers.etag, first.headers.etag)
  for (const query of ['', '?title=none', '?_limit=1', `?_since=${second.timestamp}`, '?_sort=title&_fields=id']) {
    for (const method of ['GET', 'HEAD'])
      assert.equal((await request(method, `/v1/articles${query}`)).headers.etag, second.headers.etag, query)
  }
})

scenario('R6.1: the first request on a collection never used fixes its timestamp at now, and reading keeps it', async ({ request }) => {
  const before = Date.now()
  const first = await request('GET', '/v1/articles')
  assert.ok(first.timestamp >= before && first.timestamp <= Date.now())
  await new Promise((resolve) => setTimeout(resolve, 5))
  for (const method of ['GET', 'HEAD']) assert.equal((await request(method, '/v1/articles')).headers.etag, first.headers.etag)
  assert.equal((await request('GET', `/v1/articles/${uuid(1)}`)).status, 404)
  assert.equal((await request('DELETE', '/v1/articles')).headers.etag, first.headers.etag)
})

scenario('R6.1 R8.13: HEAD of a list that is empty has a timestamp and counts nothing', async ({ request }) => {
  const head = await request('HEAD', '/v1/articles')
  assert.deepEqual([head.status, head.headers['total-records']], [200, '0'])
  assert.equal((await request('GET', '/v1/articles')).headers.etag, head.headers.etag)
})

scenario('R6.2: Last-Modified goes with every ETag, and the conditions by date are ignored', async (play) => {
  const { request } = play
  const path = `/v1/articles/${uuid(1)}`
  await put(play, path)
  const past = 'Thu, 01 Jan 1970 00:00:00 GMT'
  const future = 'Fri, 01 Jan 2100 00:00:00 GMT'
  for (const url of [path, '/v1/articles']) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await request(method, url, { headers: { 'if-modified-since': future } })
      assert.equal(answer.status, 200)
      assert.ok(answer.headers['last-modified'])
    }
  }
  const headers = { 'if-unmodified-since': past }
  for (const method of ['PUT', 'PATCH', 'DELETE']) assert.equal((await request(method, path, { headers, ...bodyOf(method) })).status, 200)
})

const malformed = ['1', 'abc', 'W/"1"', '"1", "2"', '"*"', '*abc', '"abc"', '"-1"', '"1.5"', '""', '"', '"1"x', '*,*']

scenario('R6.3: anything but * or one quoted integer is refused, on every method', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  await put(play, path)
  for (const name of ['If-Match', 'If-None-Match']) {
    for (const value of malformed) {
      for (const method of recordMethods) {
        const answer = await play.request(method, path, { headers: { [name]: value }, ...bodyOf(method) })
        assert.equal(answer.status, 400, `${method} ${name}: ${value}`)
        if (method !== 'HEAD') assert.deepEqual(places(answer), [`header ${name}`])
      }
      for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
        const answer = await play.request(method, '/v1/articles', { headers: { [name]: value }, ...bodyOf(method) })
        assert.equal(answer.status, 400, `list ${method} ${name}: ${value}`)
      }
    }
  }
  assert.equal((await play.request('GET', path)).record.title, 'old')
})

scenario('R6.3: an empty header is ignored', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  await put(play, path)
  for (const name of ['If-Match', 'If-None-Match']) {
    for (const method of recordMethods) {
      const { status } = await play.request(method, path, { headers: { [name]: '' }, ...bodyOf(method) })
      assert.equal(status, 200, `${method} ${name}`)
      if (method === 'DELETE') await put(play, path)
    }
  }
})

scenario('R6.4: what has not changed is 304 without a body, with ETag and Last-Modified', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  await put(play, path)
  for (const url of [path, '/v1/articles', '/v1/articles?title=none']) {
    const { headers } = await play.request('GET', url)
    for (const method of ['GET', 'HEAD']) {
      const answer = await play.request(method, url, { headers: { 'if-none-match': headers.etag } })
      assert.deepEqual([answer.status, answer.text], [304, ''])
      assert.deepEqual([answer.headers.etag, answer.headers['last-modified']], [headers.etag, headers['last-modified']])
    }
  }
})

scenario('R6.4: an older or a newer timestamp is not 304', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  const { timestamp } = await put(play, path)
  for (const other of [timestamp - 1, timestamp + 1, timestamp + 1_000_000]) {
    for (const url of [path, '/v1/articles']) {
      assert.equal((await play.request('GET', url, { headers: { 'if-none-match': `"${other}"` } })).status, 200)
    }
  }
})

scenario('R6.5: If-None-Match with a timestamp has no effect on other methods', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    const { headers } = await put(play, path)
    assert.equal((await play.request(method, path, { headers: { 'if-none-match': headers.etag }, ...bodyOf(method) })).status, 200, method)
  }
  const { headers } = await play.request('GET', '/v1/articles')
  assert.equal((await play.request('POST', '/v1/articles', { headers: { 'if-none-match': headers.etag }, body: {} })).status, 201)
  const now = await play.request('GET', '/v1/articles')
  assert.equal((await play.request('DELETE', '/v1/articles', { headers: { 'if-none-match': now.headers.etag } })).records.length, 1)
})

/** R6.6 for records: condition, whether the record exists, and the status of each method. */
const table = [
  ['If-Match', 'other', true, { GET: 412, HEAD: 412, PUT: 412, PATCH: 412, DELETE: 412, POST: 412 }],
  ['If-Match', 'current', true, { GET: 200, HEAD: 200, PUT: 200, PATCH: 200, DELETE: 200, POST: 200 }],
  ['If-Match', 'other', false, { GET: 404, HEAD: 404, PUT: 412, PATCH: 404, DELETE: 404, POST: 412 }],
  ['If-Match', '*', false, { GET: 404, HEAD: 404, PUT: 412, PATCH: 404, DELETE: 404, POST: 412 }],
  ['If-Match', '*', true, { GET: 200, HEAD: 200, PUT: 200, PATCH: 200, DELETE: 200, POST: 200 }],
  ['If-None-Match', '*', true, { GET: 412, HEAD: 412, PUT: 412, PATCH: 412, DELETE: 412, POST: 412 }],
  ['If-None-Match', '*', false, { GET: 404, HEAD: 404, PUT: 201, PATCH: 404, DELETE: 404, POST: 201 }],
] as const

for (const [name, value, exists, statuses] of table) {
  for (const [method, expected] of Object.entries(statuses)) {
    const target = exists ? 'a record that is there' : 'an absent record'
    scenario(`R6.6: ${method} of ${target} with ${name}: ${value} is ${expected}`, async (play) => {
      for (const list of [...lists, '/v1/sheets']) {
        const path = `${list}/${idOf(play.word)}`
        const { timestamp } = await put(play, path)
        if (!exists) await play.request('DELETE', path)
        const before = await play.request('GET', `${list}?id=${idOf(play.word)}`)
        const tag = value === '*' ? '*' : `"${value === 'current' ? timestamp : timestamp - 1}"`
        const data = { title: 'new', ...(method === 'POST' ? { id: idOf(play.word) } : {}) }
        const sent = { headers: { [name]: tag }, ...(['PUT', 'PATCH', 'POST'].includes(method) ? { body: { data } } : {}) }
        const answer = await play.request(method, method === 'POST' ? list : path, sent)
        assert.equal(answer.status, expected, list)
        if (expected >= 400) assert.deepEqual((await play.request('GET', `${list}?id=${idOf(play.word)}`)).records, before.records)
      }
    })
  }
}

scenario('R6.6: on a list If-Match with another timestamp and If-None-Match: * are 412 for GET, HEAD and DELETE', async (play) => {
  const { timestamp } = await put(play, `/v1/articles/${uuid(1)}`)
  for (const method of ['GET', 'HEAD', 'DELETE']) {
    for (const headers of [{ 'if-match': `"${timestamp - 1}"` }, { 'if-match': `"${timestamp + 1}"` }, { 'if-none-match': '*' }]) {
      assert.equal((await play.request(method, '/v1/articles', { headers })).status, 412, `${method} ${JSON.stringify(headers)}`)
    }
    for (const headers of [{ 'if-match': `"${timestamp}"` }, { 'if-match': '*' }]) {
      assert.equal((await play.request(method, '/v1/articles?title=none', { headers })).status, 200)
    }
  }
  assert.equal((await play.request('GET', '/v1/articles')).records.length, 1)
})

scenario('R6.7: equality, not order: a condition newer than the record fails too', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  const { timestamp } = await put(play, path)
  for (const ahead of [1, 1000, 10 ** 12]) {
    for (const method of recordMethods) {
      const { status } = await play.request(method, path, { headers: { 'if-match': `"${timestamp + ahead}"` }, ...bodyOf(method) })
      assert.equal(status, 412, method)
    }
  }
})

scenario('R6.3 R6.7: an integer of any length is one, and equals no timestamp', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  await put(play, path)
  for (const digits of ['9007199254740993', '99999999999999999999', '9'.repeat(400)]) {
    for (const url of [path, '/v1/articles']) {
      for (const method of url === path ? recordMethods : ['GET', 'HEAD', 'DELETE']) {
        const { status } = await play.request(method, url, { headers: { 'if-match': `"${digits}"` }, ...bodyOf(method) })
        assert.equal(status, 412, `${method} ${digits.slice(0, 20)}`)
      }
      assert.equal((await play.request('GET', url, { headers: { 'if-none-match': `"${digits}"` } })).status, 200)
    }
  }
})

scenario('R6.7: a POST that would create fails every If-Match, also one of the collection’s timestamp', async (play) => {
  const { timestamp } = await put(play, `/v1/articles/${uuid(1)}`)
  for (const tag of ['*', `"${timestamp}"`, '"1"']) {
    assert.equal((await play.request('POST', '/v1/articles', { headers: { 'if-match': tag }, body: { data: {} } })).status, 412, tag)
  }
  assert.equal((await play.request('POST', '/v1/articles', { headers: { 'if-none-match': '*' }, body: {} })).status, 201)
})

scenario('R6.8: with both headers 304 comes first, then If-None-Match: *, then If-Match', async (play) => {
  const path = `/v1/articles/${uuid(1)}`
  const { headers, timestamp } = await put(play, path)
  const stale = `"${timestamp - 1}"`
  for (const url of [path, '/v1/articles']) {
    assert.equal((await play.request('GET', url, { headers: { 'if-match': stale, 'if-none-match': headers.etag } })).status, 304)
    assert.equal((await play.request('GET', url, { headers: { 'if-match': headers.etag, 'if-none-match': '*' } })).status, 412)
    assert.equal((await play.request('GET', url, { headers: { 'if-match': stale, 'if-none-match': stale } })).status, 412)
  }
  const both = { 'if-match': headers.etag, 'if-none-match': '*' }
  assert.equal((await play.request('PUT', path, { headers: both, body: {} })).status, 412)
  assert.equal(
    (await play.request('PUT', `/v1/articles/${uuid(2)}`, { headers: { 'if-match': '*', 'if-none-match': '*' }, body: {} })).status,
    412,
  )
})

scenario('R6.9: a 412 shows the current record, its ETag, and no permissions', async (play) => {
  for (const list of ['/v1/articles', '/v1/guardeds', '/v1/sheets']) {
    const path = `${list}/${idOf(play.word)}`
    const stored = await put(play, path)
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await play.request(method, path, { headers: { 'if-match': '"1"' }, ...bodyOf(method) })
      const { code, errno, message, details } = answer.body
      assert.deepEqual({ code, errno, message }, { code: 412, errno: 114, message: 'Resource was modified meanwhile' })
      assert.deepEqual(details, { existing: stored.record })
      assert.deepEqual([answer.headers.etag, answer.headers['last-modified']], [stored.headers.etag, stored.headers['last-modified']])
    }
    const posted = await play.request('POST', list, { headers: { 'if-none-match': '*' }, body: { data: { id: stored.record.id } } })
    assert.deepEqual([posted.status, posted.body.details], [412, { existing: stored.record }])
  }
})

scenario('R6.9: about an absent record or a list it has no details, and the collection’s ETag', async (play) => {
  const { request } = play
  for (const list of lists) {
    await put(play, `${list}/${uuid(1)}`)
    await request('DELETE', `${list}/${uuid(1)}`)
    await put(play, `${list}/${uuid(2)}`)
    const { headers } = await request('GET', list)
    for (const answer of [
      await request('PUT', `${list}/${uuid(1)}`, { headers: { 'if-match': '"1"' }, body: {} }),
      await request('PUT', `${list}/${uuid(3)}`, { headers: { 'if-match': '*' }, body: { data: {} } }),
      await request('POST', list, { headers: { 'if-match': '"1"' }, body: {} }),
      await request('DELETE', list, { headers: { 'if-match': '"1"' } }),
      await request('GET', list, { headers: { 'if-none-match': '*' } }),
    ]) {
      assert.deepEqual([answer.status, answer.body.details, answer.headers.etag], [412, undefined, headers.etag])
      assert.ok(answer.headers['last-modified'])
    }
    assert.equal((await request('GET', list)).headers.etag, headers.etag)
  }
})

scenario('R7.16 R6.4: a list’s If-None-Match is decided before the meaning of its filters', async ({ request }) => {
  const { headers } = await request('GET', '/v1/articles')
  const send = (query: string) => request('GET', `/v1/articles?${query}`, { headers: { 'if-none-match': headers.etag } })
  assert.equal((await send('like_title=1')).status, 304)
  assert.equal((await send('title=none')).status, 304)
})

scenario('R3.21: form comes before existence, existence before the condition, the condition before the id in the body', async (play) => {
  for (const list of lists) {
    const path = `${list}/${uuid(1)}`
    await put(play, path)
    const stale = { 'if-match': '"1"' }
    assert.equal((await play.request('PUT', path, { headers: stale, body: { data: { title: 1 } } })).status, 400)
    assert.equal((await play.request('PATCH', `${list}/${uuid(2)}`, { headers: stale, body: { data: {} } })).status, 404)
    assert.equal((await play.request('PUT', path, { headers: stale, body: { data: { id: uuid(2) } } })).status, 412)
    assert.equal((await play.request('PATCH', path, { headers: stale, body: { data: { id: uuid(2) } } })).status, 412)
    assert.equal((await play.request('PATCH', path, { headers: stale, body: { data: { title: 1 } } })).status, 412)
  }
})
