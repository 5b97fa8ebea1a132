import type { ErrorName } from '../errors/catalog.ts'
import type { JsonObject } from '../primitives/json.ts'

/**
 * What the description of the service tells of an endpoint besides its method, path and summary (R2.8). All schemas in it are JSON Schema
 * 2020-12; what the published format can't express of them is left out there.
 */
export interface Operation {
  /** `get_bookmark`; unique in the service. */
  readonly id: string
  /** The heading under which documentation lists it. */
  readonly tag?: string
  readonly description?: string
  /** Those of the path are known from the path; they need an entry only if there is more to say of them. */
  readonly parameters?: readonly OperationParameter[]
  readonly body?: OperationBody
  /** By status. Errors are not among them. */
  readonly answers: Readonly<Record<number, OperationAnswer>>
  /** The errors that a client should expect. */
  readonly errors?: readonly ErrorName[]
  /** Schemas that those above refer to as `#/$defs/{name}`. A name means the same schema in all operations of a service. */
  readonly schemas?: Readonly<Record<string, JsonObject>>
}

/** A parameter of the URL, or a request header. */
export interface OperationParameter {
  readonly in: 'path' | 'query' | 'header'
  readonly name: string
  readonly description?: string
  readonly required?: boolean
  /** Of a list: whether its members are sent as parameters of the same name. Otherwise they are separated by commas. */
  readonly repeated?: boolean
  readonly schema: JsonObject
}

/** The body of a request. */
export interface OperationBody {
  readonly required: boolean
  /** Media types, if they are not JSON alone. */
  readonly types?: readonly string[]
  readonly schema: JsonObject
}

/** The answer to a request that succeeds. */
export interface OperationAnswer {
  readonly description: string
  /** What each header says. */
  readonly headers?: Readonly<Record<string, string>>
  /** Without it the answer has no body. */
  readonly schema?: JsonObject
}
