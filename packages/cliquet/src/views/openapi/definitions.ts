import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'
import { type Resolve, schemaObject } from './schema-object.ts'

/** The schemas of a document that have a name. */
export interface Definitions {
  /** Adds a schema, with those that it defines itself, under a name that is free; a name that is taken keeps its schema. */
  add(name: string, schema: JsonObject): void
  /** What `#/$defs/{name}` means. */
  readonly resolve: Resolve
  /** All of them, translated. */
  all(): JsonObject
}

/** Makes an empty collection. */
export function createDefinitions(): Definitions {
  const translated = new Map<string, JsonObject>()
  const resolve: Resolve = (reference) => {
    const name = reference.replace(/^#\/\$defs\//, '')
    return translated.has(name) ? pointerTo(name) : undefined
  }
  return {
    resolve,
    add(name, schema) {
      if (translated.has(name)) return
      const inner = innerDefinitions(name, schema)
      const resolveInner: Resolve = (reference) => inner.get(reference)?.target ?? inner.get(lastPart(reference))?.target
      for (const { name: innerName, schema: innerSchema } of inner.values())
        translated.set(innerName, schemaObject(innerSchema, resolveInner))
    },
    all: () => Object.fromEntries(translated),
  }
}

interface InnerDefinition {
  readonly name: string
  readonly schema: Json
  readonly target: string
}

/** A schema and all in its `$defs`, wherever they are, by what references to them look like. */
function innerDefinitions(name: string, root: JsonObject): ReadonlyMap<string, InnerDefinition> {
  const found = new Map<string, InnerDefinition>()
  const taken = new Set<string>([name])
  const add = (key: string, definition: InnerDefinition): void => {
    if (!found.has(key)) found.set(key, definition)
  }
  add('#', { name, schema: root, target: pointerTo(name) })
  for (const [path, key, schema] of definedIn(root, '#')) {
    const innerName = freeName(`${name}.defs.${key.replace(/[^\w.-]/g, '_')}`, taken)
    const definition = { name: innerName, schema, target: pointerTo(innerName) }
    for (const reference of [path, ...namesOf(schema), key]) add(reference, definition)
  }
  return found
}

/** Every schema below a `$defs` or `definitions`: its pointer, its key and itself. */
function* definedIn(schema: Json, path: string): Generator<readonly [path: string, key: string, schema: Json]> {
  if (typeof schema !== 'object' || schema === null) return
  for (const [keyword, part] of Object.entries(schema)) {
    const isMap = (keyword === '$defs' || keyword === 'definitions') && isJsonObject(part) && isJsonObject(schema)
    if (isMap) for (const [key, value] of Object.entries(part)) yield [`${path}/${keyword}/${key}`, key, value]
    yield* definedIn(part, `${path}/${keyword}`)
  }
}

function namesOf(schema: Json): string[] {
  if (!isJsonObject(schema)) return []
  const { $id, $anchor } = schema
  return [...(typeof $id === 'string' ? [$id] : []), ...(typeof $anchor === 'string' ? [`#${$anchor}`] : [])]
}

/** The name, or the name with the first number that makes it new. It is taken from then on. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let number = 2; taken.has(free); number += 1) free = `${name}_${number}`
  taken.add(free)
  return free
}

const pointerTo = (name: string): string => `#/definitions/${name}`
const lastPart = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1)
