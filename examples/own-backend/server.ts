import { join } from 'node:path'
import { createService, Type } from 'cliquet'

const service = createService({ name: 'bookmarks', version: '1.0', config: join(import.meta.dirname, 'own-backend.ini') })
service.resource('bookmark', { schema: { url: Type.URL() }, uniqueFields: ['url'] })
await service.listen()
