import { createService, Type } from 'cliquet'
import { SECRET } from './secret.ts'
import { serveUntilTold } from './server-life.ts'

const [location = '', indexed] = process.argv.slice(2)

const storage = location.startsWith('postgresql:')
  ? {
      storage_backend: 'cliquet/storage/postgresql',
    }
  : {}

const service = createService({
  name: 'bench',
  version: '1.0',
  // The bare server that it is compared with logs nothing.
  settings: { ...storage, storage_url: location, userid_hmac_secret: SECRET, log_level: 'warn' },
})
service.resource('bookmark', {
  schema: {
    url: Type.String({ format: 'uri' }),
    title: Type.String(),
    excerpt: Type.String(),
    tags: Type.Array(Type.String()),
    unread: Type.Boolean(),
  },
  indexes: indexed === 'indexed' ? ['url'] : [],
})

await serveUntilTold({
  listen: async () => Number(new URL(await service.listen({ host: '127.0.0.1', port: 0, signals: false })).port),
  close: service.close,
})
