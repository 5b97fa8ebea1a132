import { createService, Type } from '../../src/index.ts'

/** Run as a process: serves the database whose file is its argument on a free port, which it tells its parent. It ends when the parent lets go. */
const [, , storage_url = ''] = process.argv
const service = createService({
  name: 'test',
  version: '1.0',
  settings: { storage_backend: 'cliquet/storage/sqlite', storage_url, log_level: 'silent', userid_hmac_secret: '' },
})
service.resource('article', { schema: { title: Type.String({ default: '' }) } }).resource('counter', {
  schema: { count: Type.Integer({ default: 0 }) },
  processRecord: (_next, { previous }) => ({ count: (previous?.count ?? 0) + 1 }),
})
process.once('disconnect', () => void service.close().finally(() => process.exit(0)))
await service.ready()
await service.app.listen({ host: '127.0.0.1', port: 0 })
const address = service.app.server.address()
process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
