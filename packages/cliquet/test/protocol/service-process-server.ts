import { createService, type GivenSettings, Type, type Views } from '../../src/index.ts'

/**
 * Run as a process: a service with the settings in its first argument (JSON), on a free port that it tells its parent. When the parent lets go
 * it closes the service and ends by itself, as a service does at a signal.
 */
const settings = JSON.parse(process.argv[2] ?? '{}') as GivenSettings // written by startProcess

interface Cached {
  readonly Params: { readonly key: string }
  readonly Body: { readonly value: string; readonly ms: number }
}

const cached: Views = async (app) => {
  app.post<Cached>('/cached/:key', async ({ cache, params, body }) => {
    await cache.set(params.key, body.value, body.ms)
    return {}
  })
  app.get<Cached>('/cached/:key', async ({ cache, params }) => ({ data: (await cache.get(params.key)) ?? null }))
}

const service = createService({ name: 'test', version: '1.0', settings })
service
  .resource('article', { schema: { title: Type.String({ default: '' }) } })
  .resource('counter', {
    schema: { count: Type.Integer({ default: 0 }) },
    processRecord: (_next, { previous }) => ({ count: (previous?.count ?? 0) + 1 }),
  })
  .views(cached)
process.once('disconnect', () => void service.close())
await service.ready()
await service.app.listen({ host: '127.0.0.1', port: 0 })
const address = service.app.server.address()
process.send?.(typeof address === 'object' && address !== null ? address.port : 0)
