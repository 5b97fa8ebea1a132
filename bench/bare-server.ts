import { createHmac } from 'node:crypto'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { openBarePostgres } from './bare-postgresql.ts'
import { openBareSqlite } from './bare-sqlite.ts'
import type { Bookmark } from './bookmark.ts'
import { SECRET } from './secret.ts'
import { serveUntilTold } from './server-life.ts'

// The same service written by hand, as plainly as an experienced developer would: one process, prepared statements, validation by Fastify, a
// transaction per write. It lacks the rest of the protocol: tombstones, filters, sorting, conditional writes, CORS.

const [location = ''] = process.argv.slice(2)
const store = location.startsWith('postgresql:') ? await openBarePostgres(location) : openBareSqlite(location)

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

const stamp = (reply: FastifyReply, timestamp: number): FastifyReply =>
  reply
    .header('etag', `"${timestamp}"`)
    .header('last-modified', new Date(timestamp).toUTCString())
    .header('cache-control', 'no-cache, no-store')
    .header('x-content-type-options', 'nosniff')

const isKnown = (request: FastifyRequest, timestamp: number): boolean => request.headers['if-none-match'] === `"${timestamp}"`

app.get<{ Params: { id: string } }>('/v1/bookmarks/:id', async (request, reply) => {
  const record = await store.get(request.parentId, request.params.id)
  if (record === undefined) return reply.code(404).send({ error: 'Not found' })
  stamp(reply, record.last_modified)
  if (isKnown(request, record.last_modified)) return reply.code(304).send()
  return { data: record }
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
  const timestamp = (await store.timestamp(request.parentId)) ?? 0
  stamp(reply, timestamp)
  if (isKnown(request, timestamp)) return reply.code(304).send()
  const records = await store.page(request.parentId, { since, before, limit: limit + 1 })
  const page = records.slice(0, limit)
  const last = page.at(-1)
  if (records.length > limit && last !== undefined) {
    const next = new URL(request.url, `${request.protocol}://${request.host}`)
    next.searchParams.set('_token', String(last.last_modified))
    reply.header('next-page', next.href)
  }
  return { data: page }
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
  const record = await store.create(request.parentId, request.body.data)
  return stamp(reply.code(201), record.last_modified).send({ data: record })
})

await serveUntilTold({
  listen: async () => Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port),
  async close() {
    await app.close()
    await store.close()
  },
})
