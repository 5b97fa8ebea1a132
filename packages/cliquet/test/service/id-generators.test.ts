import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { ConfigurationError, createService, type GivenSettings, type Service, Type } from '../../src/index.ts'
import { openService, type Received } from '../protocol/service-under-test.ts'
import { fileWith, refusal } from './settings-sources.ts'

const schema = { title: Type.Optional(Type.String()) }

const prepare = (service: Service): void =>
  void service.resource('article', { schema }).resource('book-page', { schema, idGenerator: () => 'by-the-author' })

const idIn = ({ record }: Received): string => String(record.id)
const UUID = /^[0-9a-f-]{36}$/

/** A module with that code, and its path. */
const moduleWith = (code: string): string => fileWith('ids.mjs', code)

async function startError(settings: GivenSettings): Promise<string> {
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { storage_backend: 'cliquet/storage/memory', log_level: 'silent', ...settings },
  })
  const error: unknown = await service.ready().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  await service.close()
  assert.ok(error instanceof ConfigurationError, String(error))
  return error.message
}

test('R5.11: the setting id_generator makes the ids of resources that have no generator of their own, also against one in code', async () => {
  const module = moduleWith("let count = 0\nexport const idGenerator = () => { count += 1; return 'n' + count }")
  const { request } = await openService({
    prepare,
    settings: { id_generator: module },
    idGenerator: { pattern: /^never$/, generate: () => 'never' },
  })
  assert.match(idIn(await request('POST', '/v1/articles', { body: {} })), /^n\d$/)
  assert.equal(idIn(await request('POST', '/v1/book-pages', { body: {} })), 'by-the-author')
  assert.equal((await request('PUT', '/v1/articles/chosen', { body: {} })).status, 201)
  assert.equal((await request('PUT', '/v1/articles/-chosen', { body: {} })).status, 400)
})

test('R5.11: the setting {resource}_id_generator wins over the generator that the resource has in code', async () => {
  const module = moduleWith(
    'export const idGenerator = { pattern: /^page [0-9]+$/g, last: 0, generate() { this.last += 1; return "page " + this.last } }',
  )
  const { request } = await openService({ prepare, settings: { book_page_id_generator: module } })
  const made = idIn(await request('POST', '/v1/book-pages', { body: {} }))
  assert.match(made, /^page \d+$/)
  assert.equal((await request('GET', `/v1/book-pages/${encodeURIComponent(made)}`)).status, 200)
  assert.equal((await request('PUT', '/v1/book-pages/page', { body: {} })).status, 400)
  assert.match(idIn(await request('POST', '/v1/articles', { body: {} })), UUID)
})

test('R5.11: cliquet/ids/generic makes UUIDs and accepts ids that clients choose, cliquet/ids/uuid accepts UUIDs alone', async () => {
  const settings = { id_generator: 'cliquet/ids/generic', book_page_id_generator: 'cliquet/ids/uuid' }
  const { request } = await openService({ prepare, settings })
  for (const path of ['/v1/articles', '/v1/book-pages']) assert.match(idIn(await request('POST', path, { body: {} })), UUID)
  assert.equal((await request('PUT', '/v1/articles/Chosen_1', { body: {} })).status, 201)
  assert.equal((await request('PUT', '/v1/book-pages/Chosen_1', { body: {} })).status, 400)
})

test('A module of a file’s setting is found from the folder of the file, and errors about it name their place', async () => {
  const beside = moduleWith("export const idGenerator = () => 'made'")
  const config = beside.replace(/ids\.mjs$/, 'application.ini')
  writeFileSync(config, 'article_id_generator = ./ids.mjs\n')
  const { request } = await openService({ prepare, config })
  assert.equal(idIn(await request('POST', '/v1/articles', { body: {} })), 'made')

  const wrong = fileWith('application.ini', '', 'article_id_generator = ./none.mjs')
  const error: unknown = await openService({ prepare, config: wrong }).catch((reason: unknown) => reason)
  assert.match(String(error), /application\.ini:2: setting "article_id_generator": the module \.\/none\.mjs can't be loaded/)
})

test('A module that is no id generator ends the start, which says what it must export', async () => {
  const form = 'an id generator as `idGenerator`: what defineIdGenerator makes, or a function that makes ids'
  const none = moduleWith('export const generator = () => 1')
  assert.equal(await startError({ id_generator: none }), `setting "id_generator": the module ${none} must export ${form}`)
  for (const wrong of ['1', '{ generate() {} }', '{ pattern: /a/ }', 'null', '{ pattern: "a", generate() {} }']) {
    const module = moduleWith(`export const idGenerator = ${wrong}`)
    const message = await startError({ book_page_id_generator: module })
    assert.equal(message, `setting "book_page_id_generator": \`idGenerator\` of the module ${module} must be ${form}`)
  }
  assert.match(await startError({ id_generator: './no/such.js' }), /^setting "id_generator": the module \.\/no\/such\.js can't be loaded: /)
})

test('A generator whose own ids its pattern does not match ends the start', async () => {
  for (const code of ["() => '_1'", "{ pattern: /^[0-9]+$/, generate: () => '_1' }"]) {
    const module = moduleWith(`export const idGenerator = ${code}`)
    assert.match(
      await startError({ id_generator: module }),
      /^setting "id_generator": the id generator makes ids such as "_1", which .* does not match$/,
    )
  }
})

test('A generator of a resource that the service does not have is told', async () => {
  const service = createService({
    name: 'test',
    version: '1.0',
    settings: { storage_backend: 'cliquet/storage/memory', artikel_id_generator: 'cliquet/ids/uuid' },
  })
  const notices: string[] = []
  service.app.log.warn = (notice: unknown) => void notices.push(String(notice))
  prepare(service)
  await service.ready()
  await service.close()
  assert.deepEqual(
    notices.filter((notice) => notice.includes('artikel')),
    ['setting "artikel_id_generator" has no effect: the service has the resources article, book-page'],
  )
})

test('The generators of the original are refused, with what to write', () => {
  const of = (value: string): string => refusal({ given: { id_generator: value } })
  const uuid = 'is a class of the original, here it is the module cliquet/ids/uuid'
  assert.equal(of('cliquet.storage.generators.UUID4'), `setting "id_generator": cliquet.storage.generators.UUID4 ${uuid}`)
  assert.equal(of('kinto.core.storage.generators.UUID4'), `setting "id_generator": kinto.core.storage.generators.UUID4 ${uuid}`)
  assert.match(
    refusal({ given: { bucket_id_generator: 'kinto.views.RelaxedUUID' } }),
    /^setting "bucket_id_generator": .*cliquet\/ids\/generic$/,
  )
  assert.match(
    of('kinto.views.NameGenerator'),
    /: kinto\.views\.NameGenerator is a class of the original, here a module must export `idGenerator`$/,
  )
})
