import { createService, Type } from 'cliquet'
import { SECRET } from './secret.ts'
import { serveUntilTold } from './server-life.ts'

const [file = ''] = process.argv.slice(2)

const service = createService({
  name: 'bench',
  version: '1.0',
  settings: { storage_url: file, userid_hmac_secret: SECRET },
})
service.resource('bookmark', {
  schema: {
    url: Type.String({ format: 'uri' }),
    title: Type.String(),
    excerpt: Type.String(),
    tags: Type.Array(Type.String()),
    unread: Type.Boolean(),
  },
})

await serveUntilTold({
  listen: async () => Number(new URL(await service.listen({ host: '127.0.0.1', port: 0, signals: false })).port),
  close: service.close,
})
