import { createService, Type } from 'cliquet'

export default createService({ name: 'bookmarks', version: '1.0' }).resource('bookmark', {
  schema: { url: Type.URL(), title: Type.String({ default: '' }) },
})
