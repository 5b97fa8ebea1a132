import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cliquet } from 'cliquet'
import fastify from 'fastify'
import { type CliquetPlugin, createService, HttpError, type Service, Type } from '../../src/index.ts'
import { backendSettings, basicAuth, openService } from '../protocol/service-under-test.ts'
import { startError } from '../service/start-error.ts'

const data = (fields: object) => ({ body: { data: fields } })

/** The message with which a service with a resource and such subscribers does not start. */
const errorWith = (prepare: (service: Service<{ readonly bookmark: object }>) => void): Promise<string> =>
  startError({}, (service) => prepare(service.resource('bookmark', { schema: {} })))

test('Subscribers of options, of the service and of plugins run in this order', async () => {
  const told: string[] = []
  const plugin: CliquetPlugin = {
    name: 'audit',
    subscribers: [{ event: 'ResourceChanged', run: ({ action }) => void told.push(`plugin ${action}`) }],
  }
  const { request } = await openService({
    plugins: [plugin],
    subscribers: [{ event: 'ResourceChanged', run: () => void told.push('option') }],
    prepare(service) {
      service.resource('bookmark', { schema: {} })
      service.subscribe({ event: 'ResourceChanged', run: () => void told.push('service') })
    },
  })
  await request('POST', '/v1/bookmarks', data({}))
  assert.deepEqual(told, ['option', 'service', 'plugin create'])
})

test('The Fastify plugin has subscribe(), too', async () => {
  const app = fastify()
  const told: unknown[] = []
  try {
    await app.register(cliquet, { name: 'test', version: '1.0', settings: backendSettings() })
    app
      .resource('bookmark', { schema: {} })
      .subscribe({ event: 'AfterResourceChanged', run: ({ impacted }) => void told.push(impacted.length) })
    const headers = { authorization: basicAuth('mat:secret') }
    const { statusCode } = await app.inject({ method: 'POST', url: '/v1/bookmarks', headers, payload: { data: {} } })
    assert.deepEqual([statusCode, told], [201, [1]])
    assert.throws(() => app.subscribe({ event: 'AfterResourceChanged', run() {} }), /is added after the start of the service/)
  } finally {
    await app.close()
  }
})

test('Records of resources that the service knows have their types', async () => {
  const titles: (string | undefined)[] = []
  const service = createService({ name: 'test', version: '1.0', settings: backendSettings('sqlite') })
    .resource('bookmark', { schema: { title: Type.String(), stars: Type.Optional(Type.Integer()) } })
    .subscribe({
      event: 'ResourceChanged',
      resources: ['bookmark'],
      actions: ['update'],
      run({ impacted }, { notify }) {
        const [entry] = impacted
        const title: string | undefined = entry?.old.title
        const stars: number | undefined = entry?.new.stars
        if (stars === 6) throw new HttpError(400)
        titles.push(title)
        assert.equal(typeof notify, 'function')
      },
    })
    .subscribe({
      event: 'AfterResourceChanged',
      resources: ['bookmark'],
      run(event, context) {
        // @ts-expect-error after the commit nothing more can be told in the transaction
        assert.equal(context.notify, undefined)
        if (event.action === 'delete') titles.push(event.impacted[0]?.old.title)
        // @ts-expect-error what was created was nothing before
        if (event.action === 'create') assert.equal(event.impacted[0]?.old, undefined)
      },
    })
    .subscribe({ event: 'ResourceRead', resources: ['brought by a plugin'], run: ({ impacted }) => void impacted[0]?.anything })
  try {
    await service.ready()
    const headers = { authorization: basicAuth('mat:secret') }
    const inject = async (method: 'PUT' | 'PATCH' | 'DELETE', fields?: object) => {
      const url = '/v1/bookmarks/00000000-0000-4000-8000-000000000001'
      return (await service.app.inject({ method, url, headers, ...(fields && { payload: { data: fields } }) })).statusCode
    }
    const statuses = [
      await inject('PUT', { title: 'a' }),
      await inject('PATCH', { title: 'b', stars: 6 }),
      await inject('PATCH', { title: 'c' }),
      await inject('DELETE'),
    ]
    assert.deepEqual(statuses, [201, 400, 200, 200])
    assert.deepEqual(titles, ['a', 'c'])
  } finally {
    await service.close()
  }
})

test('Mistakes about subscribers are errors at the start', async () => {
  const run = (): void => {}
  assert.match(
    await errorWith((service) => void service.subscribe({ event: 'ResourceChange' as 'ResourceChanged', run })),
    /unknown event, "ResourceChange": did you mean "ResourceChanged"\?/,
  )
  assert.match(
    await errorWith((service) => void service.subscribe({ event: 'ResourceChanged', actions: ['read' as 'create'], run })),
    /unknown action of ResourceChanged, "read": /,
  )
  assert.match(
    await errorWith((service) => void service.subscribe({ event: 'ResourceRead', resources: ['bokmark'], run })),
    /a subscriber names the resource "bokmark", which the service does not have: did you mean "bookmark"\?/,
  )
  const { service } = await openService()
  assert.throws(() => service.subscribe({ event: 'ResourceRead', run }), /is added after the start of the service/)
})
