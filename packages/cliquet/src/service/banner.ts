import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts'
import type { AnySchema } from '../schema/fields.ts'
import { compileRecordSchema } from '../schema/record-schema.ts'
import type { Settings } from './settings.ts'

/** What there is to tell of a resource. */
export interface Introduction {
  readonly name: string
  readonly schema: AnySchema
  readonly collectionPath: string
}

/** What a developer reads after a start: where the service is, and three commands that work when pasted. */
export function welcome({ projectName, projectVersion }: Settings, url: string, [first]: readonly Introduction[]): string {
  const lines = [`${projectName} ${projectVersion} listens on ${url} (Ctrl-C ends it)`, '']
  lines.push('Development: anybody may log in, with any user name and password (Basic Auth).')
  return `${[...lines, ...(first === undefined ? [] : ['', ...commands(url, first)]), ''].join('\n')}\n`
}

function commands(url: string, { name, schema, collectionPath }: Introduction): string[] {
  const { jsonSchema, requiredFields } = compileRecordSchema(schema, { preserveUnknown: true, resource: name })
  const list = `${url.slice(0, -1)}${collectionPath}`
  const body = JSON.stringify({ data: exampleOf(jsonSchema, requiredFields) }).replaceAll("'", "'\\''")
  const curl = 'curl -u me:secret'
  return [`  ${curl} ${list} -H 'Content-Type: application/json' -d '${body}'`, `  ${curl} ${list}`, `  ${curl} '${list}?_since=0'`]
}

/** A record that the schema accepts, if it is a simple one. */
function exampleOf({ properties }: JsonObject, required: readonly string[]): JsonObject {
  const fields = isJsonObject(properties) ? properties : {}
  return Object.fromEntries(required.map((name) => [name, exampleValue(fields[name])]))
}

function exampleValue(schema: Json | undefined): Json {
  if (schema === undefined || !isJsonObject(schema)) return 'text'
  const examples = Array.isArray(schema.examples) ? schema.examples : Array.isArray(schema.enum) ? schema.enum : []
  const known: Json = schema.const ?? examples[0] ?? null
  if (known !== null) return known
  if (schema.format === 'uri' || schema.format === 'url') return 'https://example.org/'
  const byType: Readonly<Record<string, Json>> = { integer: 1, number: 1, boolean: true, array: [], object: {} }
  return byType[String(schema.type)] ?? 'text'
}
