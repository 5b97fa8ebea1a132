import { ConfigurationError } from '../errors/configuration-error.ts'
import type { Clock } from '../primitives/clock.ts'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../primitives/json.ts'
import { subschemas } from './json-schema.ts'

/**
 * What happens to a value before it is validated: defaults inside objects are filled in, text marked `x-trim` is trimmed. The value given is
 * never changed; where nothing is to do, the same value comes back.
 */
export type Preparation = (value: Json) => Json

/** How one field of an object is prepared. */
export interface FieldPreparation {
  /** Makes the value of the field when it is absent; undefined: it stays absent. */
  readonly absent: (() => Json) | undefined
  readonly prepare: Preparation | undefined
}

/** What preparations need to know of the whole schema. */
export interface PreparationContext {
  readonly root: JsonObject
  /** Names the schema in errors. */
  readonly resource: string
  readonly clock: Clock
  /** A library fills in its own defaults where it alone knows which part of a union is meant. */
  readonly library: boolean
}

/** The preparation of each field that `context.root` declares. @throws ConfigurationError for a default that can't be applied. */
export function fieldPreparations(context: PreparationContext): Map<string, FieldPreparation> {
  return new Compiler(context).fields(context.root)
}

/** Sets an own property, whatever its name. */
export function setOwn(target: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

/** A preparation, and whether it fills in defaults. */
interface Step {
  readonly run: Preparation
  readonly fills: boolean
}

class Compiler {
  readonly #context: PreparationContext
  readonly #ids: ReadonlyMap<string, Json>
  /** Schemas met before: undefined while they are being compiled, which means that they refer to themselves. */
  readonly #known = new Map<JsonObject, { step?: Step | undefined }>()

  constructor(context: PreparationContext) {
    this.#context = context
    this.#ids = new Map(identified(context.root))
  }

  fields(schema: JsonObject): Map<string, FieldPreparation> {
    const properties = Object.entries(isJsonObject(schema.properties) ? schema.properties : {})
    return new Map(properties.map(([name, field]) => [name, { absent: this.#absent(field), prepare: this.#step(field)?.run }]))
  }

  #absent(field: Json): (() => Json) | undefined {
    if (!isJsonObject(field)) return undefined
    if (field['x-now'] === true) return this.#context.clock
    const value = field.default
    if (value === undefined) return undefined
    return typeof value === 'object' && value !== null ? () => structuredClone(value) : () => value
  }

  #step(schema: Json | undefined): Step | undefined {
    if (!isJsonObject(schema)) return undefined
    const known = this.#known.get(schema)
    if (known !== undefined) return 'step' in known ? known.step : { run: (value) => known.step?.run(value) ?? value, fills: true }
    const entry: { step?: Step | undefined } = {}
    this.#known.set(schema, entry)
    const steps = [
      schema['x-trim'] === true ? trimming : undefined,
      this.#objectStep(schema),
      this.#arrayStep(schema),
      this.#step(typeof schema.$ref === 'string' ? this.#resolve(schema.$ref) : undefined),
      ...list(schema.allOf).map((part) => this.#step(part)),
      ...this.#unionSteps(list(schema.anyOf)),
      ...this.#unionSteps(list(schema.oneOf)),
    ]
    entry.step = sequence(steps.filter((step) => step !== undefined))
    return entry.step
  }

  #objectStep(schema: JsonObject): Step | undefined {
    const fields = this.fields(schema)
    const others = this.#otherProperties(schema)
    const used = [...fields].filter(([, { absent, prepare }]) => absent !== undefined || prepare !== undefined)
    if (used.length === 0 && others.length === 0) return undefined
    const run: Preparation = (value) => (isJsonObject(value) ? preparedObject(value, { fields, used, others }) : value)
    return { run, fills: true }
  }

  #otherProperties(schema: JsonObject): OtherProperties[] {
    const patterns = Object.entries(isJsonObject(schema.patternProperties) ? schema.patternProperties : {})
    const all: [RegExp | undefined, Json | undefined][] = patterns.map(([pattern, item]) => [new RegExp(pattern, 'u'), item])
    const found = [...all, [undefined, schema.additionalProperties] satisfies [undefined, Json | undefined]]
    return found.flatMap(([pattern, item]) => {
      const step = this.#step(item)
      return step === undefined ? [] : [{ pattern, prepare: step.run }]
    })
  }

  #arrayStep(schema: JsonObject): Step | undefined {
    const items = this.#step(schema.items)
    const first = list(schema.prefixItems).map((item) => this.#step(item))
    if (items === undefined && first.every((step) => step === undefined)) return undefined
    const prepareItem = (item: Json, index: number): Json => {
      const step = index < first.length ? first[index] : items
      return step === undefined ? item : step.run(item)
    }
    return { run: (value) => (isJsonArray(value) ? value.map(prepareItem) : value), fills: true }
  }

  /** Defaults are filled in if the value's kind tells which part of the union is meant. */
  #unionSteps(parts: readonly Json[]): (Step | undefined)[] {
    const steps = parts.map((part) => this.#step(part))
    const kinds = parts.map((part) => this.#kind(part))
    return steps.map((step, index) => {
      if (!step?.fills || kinds.every((kind, other) => other === index || !overlap(kind, kinds[index]))) return step
      if (this.#context.library) return undefined
      const problem = 'a default inside a union of several objects or arrays is ambiguous; give the whole field a default instead'
      throw new ConfigurationError(`Resource "${this.#context.resource}": ${problem}.`)
    })
  }

  #kind(schema: Json | undefined): Json | undefined {
    if (!isJsonObject(schema)) return undefined
    return typeof schema.$ref === 'string' && schema.type === undefined ? this.#kind(this.#resolve(schema.$ref)) : schema.type
  }

  /** What a `$ref` names, or undefined; whether it names anything is Ajv's to judge. */
  #resolve(ref: string): Json | undefined {
    if (!ref.startsWith('#')) return this.#ids.get(ref)
    const keys = decodeURIComponent(ref.slice(1)).split('/').slice(1)
    return keys.reduce<Json | undefined>(
      (at, key) => (isJsonObject(at) ? at[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined),
      this.#context.root,
    )
  }
}

interface OtherProperties {
  /** Undefined: the properties that no other rule matches. */
  readonly pattern: RegExp | undefined
  readonly prepare: Preparation
}

interface ObjectPlan {
  readonly fields: ReadonlyMap<string, FieldPreparation>
  readonly used: readonly (readonly [string, FieldPreparation])[]
  readonly others: readonly OtherProperties[]
}

function preparedObject(value: JsonObject, { fields, used, others }: ObjectPlan): JsonObject {
  const copy: Record<string, Json> = { ...value }
  for (const [name, { absent, prepare }] of used) {
    const found = Object.hasOwn(value, name) ? value[name] : absent?.()
    if (found !== undefined) setOwn(copy, name, prepare === undefined ? found : prepare(found))
  }
  if (others.length === 0) return copy
  for (const [key, item] of Object.entries(value)) {
    const matching = others.filter(({ pattern }) => (pattern === undefined ? !fields.has(key) : pattern.test(key)))
    const rules = matching.length > 1 ? matching.filter(({ pattern }) => pattern !== undefined) : matching
    if (rules.length > 0)
      setOwn(
        copy,
        key,
        rules.reduce((at, { prepare }) => prepare(at), copy[key] ?? item),
      )
  }
  return copy
}

const trimming: Step = { run: (value) => (typeof value === 'string' ? value.trim() : value), fills: false }

function sequence(steps: readonly Step[]): Step | undefined {
  const [only] = steps
  if (steps.length < 2) return only
  return { run: (value) => steps.reduce((at, { run }) => run(at), value), fills: steps.some(({ fills }) => fills) }
}

const list = (value: Json | undefined): readonly Json[] => (value !== undefined && isJsonArray(value) ? value : [])

const overlap = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined || [a].flat().some((kind) => [b].flat().includes(kind))

/** The schemas that carry an `$id`, which `$ref` may name. */
function* identified(schema: JsonObject): Generator<[string, Json]> {
  if (typeof schema.$id === 'string') yield [schema.$id, schema]
  for (const [, part] of subschemas(schema)) if (isJsonObject(part)) yield* identified(part)
}
