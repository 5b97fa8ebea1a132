import { createService, Type } from 'cliquet'

const service = createService({ name: 'bookmarks', version: '1.0' })
service.resource('bookmark', { schema: { url: Type.URL() } })
await service.listen()
