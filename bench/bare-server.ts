import { createHmac, randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Bookmark } from './bookmark.ts'
import { SECRET } from './secret.ts'
import { serveUntilTold } from './server-life.ts'

// The same service written by hand, as plainly as an experienced developer would: one process, one connection, prepared statements,
// validation by Fastify, a transaction per write. It lacks the rest of the protocol: tombstones, filters, sorting, conditional writes, CORS.

const [file = ''] = process.argv.slice(2)

const db = new DatabaseSync(file)
db.exec(`
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists records(
    parent_id text not null, id text not null, last_modified integer not null, data text not null, primary key(parent_id, id));
  create unique index if not exists records_by_time on records(parent_id, last_modified);
  create table if not exists collections(parent_id text primary key, last_modified integer not null)`)

const selectRecord = db.prepare('select last_modified, data from records where parent_id = ? and id = ?')
const selectTimestamp = db.prepare('select last_modified from collections where parent_id = ?')
const selectPage = db.prepare(
  'select id, last_modified, data from records where parent_id = ? and last_modified > ? and last_modified < ? order by last_modified desc limit ?',
)
const insertRecord = db.prepare('insert into records(parent_id, id, last_modified, data) values(?, ?, ?, ?)')
const upsertTimestamp = db.prepare(
  'insert into collections(parent_id, last_modified) values(?, ?) on conflict(parent_id) do update set last_modified = excluded.last_modified',
)
const begin = db.prepare('begin immediate')
const commit = db.prepare('commit')
const rollback = db.prepare('rollback')

interface Row {
  readonly id: string
  readonly last_modified: number
  readonly data: string
}

declare module 'fastify' {
  interface FastifyRequest {
    parentId: string
  }
}

const app = fastify({ logger: false })
app.decorateRequest('parentId', '')

app.addHook('onRequest', async (request, reply) => {
  const [scheme, credentials] = request.headers.authorization?.split(' ') ?? []
  if (scheme?.toLowerCase() !== 'basic' || credentials === undefined) {
    return reply.code(401).header('www-authenticate', 'Basic realm="bookmarks"').send({ error: 'Unauthorized' })
  }
  const user = Buffer.from(credentials, 'base64').toString()
  request.parentId = createHmac('sha256', SECRET).update(user).digest('hex')
})

const timestampOf = (parentId: string): number | undefined => {
  const row = selectTimestamp.get(parentId) as Pick<Row, 'last_modified'> | undefined // the columns of the statement
  return row?.last_modified
}

const toRecord = ({ id, last_modified, data }: Row) => ({ id, last_modified, ...JSON.parse(data) })

const stamp = (reply: FastifyReply, timestamp: number): FastifyReply =>
  reply
    .header('etag', `"${timestamp}"`)
    .header('last-modified', new Date(timestamp).toUTCString())
    .header('cache-control', 'no-cache, no-store')
    .header('x-content-type-options', 'nosniff')

const isKnown = (request: FastifyRequest, timestamp: number): boolean => request.headers['if-none-match'] === `"${timestamp}"`

app.get<{ Params: { id: string } }>('/v1/bookmarks/:id', async (request, reply) => {
  const { id } = request.params
  const row = selectRecord.get(request.parentId, id) as Pick<Row, 'last_modified' | 'data'> | undefined // the columns of the statement
  if (row === undefined) return reply.code(404).send({ error: 'Not found' })
  stamp(reply, row.last_modified)
  if (isKnown(request, row.last_modified)) return reply.code(304).send()
  return { data: toRecord({ id, ...row }) }
})

const listSchema = {
  querystring: {
    type: 'object',
    properties: { _limit: { type: 'integer', minimum: 1, default: 10_000 }, _since: { type: 'integer' }, _token: { type: 'integer' } },
  },
}

interface ListQuery {
  readonly _limit: number
  readonly _since?: number
  readonly _token?: number
}

app.get<{ Querystring: ListQuery }>('/v1/bookmarks', { schema: listSchema }, async (request, reply) => {
  const { _limit: limit, _since: since = -1, _token: before = Number.MAX_SAFE_INTEGER } = request.query
  const timestamp = timestampOf(request.parentId) ?? 0
  stamp(reply, timestamp)
  if (isKnown(request, timestamp)) return reply.code(304).send()
  const rows = selectPage.all(request.parentId, since, before, limit + 1) as unknown[] as Row[] // the columns of the statement
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  if (rows.length > limit && last !== undefined) {
    const next = new URL(request.url, `${request.protocol}://${request.host}`)
    next.searchParams.set('_token', String(last.last_modified))
    reply.header('next-page', next.href)
  }
  return { data: page.map(toRecord) }
})

const createSchema = {
  body: {
    type: 'object',
    required: ['data'],
    properties: {
      data: {
        type: 'object',
        required: ['url', 'title', 'excerpt', 'tags', 'unread'],
        properties: {
          url: { type: 'string', format: 'uri' },
          title: { type: 'string' },
          excerpt: { type: 'string' },
          tags: { type: 'array', items: { type: 'string' } },
          unread: { type: 'boolean' },
        },
      },
    },
  },
}

app.post<{ Body: { data: Bookmark } }>('/v1/bookmarks', { schema: createSchema }, async (request, reply) => {
  const { data } = request.body
  const id = randomUUID()
  begin.run()
  try {
    const timestamp = Math.max(Date.now(), (timestampOf(request.parentId) ?? 0) + 1)
    insertRecord.run(request.parentId, id, timestamp, JSON.stringify(data))
    upsertTimestamp.run(request.parentId, timestamp)
    commit.run()
    return stamp(reply.code(201), timestamp).send({ data: { id, last_modified: timestamp, ...data } })
  } catch (error) {
    rollback.run()
    throw error
  }
})

await serveUntilTold({
  listen: async () => Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port),
  async close() {
    await app.close()
    db.close()
  },
})
