import type { FastifyRequest } from 'fastify'
import { ConfigurationError } from '../errors/configuration-error.ts'
import { defineIdGenerator, type IdGenerator, uuidGenerator } from '../model/ids.ts'
import type { RecordHook } from '../model/model.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MetaCheck } from '../schema/ajv.ts'
import type { AnySchema, Fields } from '../schema/fields.ts'
import { compileRecordSchema, type RecordSchema } from '../schema/record-schema.ts'

/** A record as a hook gets it: its fields, its id and, once stored, its timestamp (ms). */
export type RecordOf<S> = Fields<S> & { readonly id: string; readonly last_modified?: number }

/** The name of a field of a schema. */
type FieldName<S> = keyof Fields<NoInfer<S>> & string

/** What a hook may answer: the record, or its fields alone. */
type Processed<S> = Fields<NoInfer<S>>

/** Methods of a list. */
export type ListMethod = 'GET' | 'HEAD' | 'POST' | 'DELETE'

/** Methods of a record. */
export type RecordMethod = 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE'

/** What an author says of a resource. Only `schema` is needed. */
export interface ResourceOptions<S extends AnySchema> {
  /** A map of fields (`{ url: Type.URL() }`), a `Type.Object`, or an object schema of another Standard JSON Schema library. */
  readonly schema: S
  /** Records have permissions, and one collection is common to all users. Without it each user has a collection that nobody else sees (R10.1). */
  readonly shared?: boolean
  /** The scope of a request's collection, if it is neither of these: any text. Parameters in the path make a scope of their own by default. */
  readonly parentId?: (context: { readonly request: FastifyRequest }) => string
  /** The principal that a record of a shared resource belongs to, if that is not who writes it, as with accounts (R10.18). */
  readonly author?: (context: { readonly request: FastifyRequest; readonly id: string }) => string
  /** Names of the permissions that records of a shared resource have. Default: `read` and `write` (R10.2). */
  readonly permissions?: readonly string[]
  /** Fields that clients may set once and not change (R5.35). */
  readonly readonlyFields?: readonly FieldName<S>[]
  /** Fields whose non-null values are unique in their collection (R5.44). */
  readonly uniqueFields?: readonly FieldName<S>[]
  /** Fields that clients filter by often: a database that can makes an index for each, so that such a list costs the same with any number of records. */
  readonly indexes?: readonly FieldName<S>[]
  /** Whether fields that the schema does not name are kept. Default: true (R5.32). */
  readonly preserveUnknown?: boolean
  /** Default: `/{name}s`. `{x}` in it is a parameter. */
  readonly collectionPath?: string
  /** Default: the collection's path with `/{id}`. Null: there are no record endpoints. */
  readonly recordPath?: string | null
  /** Default: all (R5.3). HEAD comes with GET. */
  readonly collectionMethods?: readonly ListMethod[]
  /** Default: all. HEAD comes with GET. */
  readonly recordMethods?: readonly RecordMethod[]
  /** Makes ids: a generator made by `defineIdGenerator`, or a function whose ids match `GENERIC_ID`. Default: UUIDs (R5.11). */
  readonly idGenerator?: IdGenerator | (() => string)
  /**
   * The last word on a record before it is created, replaced or changed (R5.37): answers what is stored, or throws (`HttpError`,
   * `InvalidParameters`) to refuse it. It may be called again with another `previous` when the record has changed meanwhile.
   */
  processRecord?(
    next: RecordOf<NoInfer<S>>,
    context: { readonly previous: RecordOf<NoInfer<S>> | undefined; readonly request: FastifyRequest },
  ): Processed<S> | Promise<Processed<S>>
}

/** A resource with every default filled in. */
export interface ResourceDefinition {
  readonly name: string
  readonly schema: RecordSchema
  readonly shared: boolean
  readonly parentId: ((context: { readonly request: FastifyRequest }) => string) | undefined
  readonly author: ((context: { readonly request: FastifyRequest; readonly id: string }) => string) | undefined
  readonly permissions: readonly string[] | undefined
  readonly readonlyFields: readonly string[]
  readonly uniqueFields: readonly string[]
  readonly indexes: readonly string[]
  readonly collectionPath: string
  readonly recordPath: string | null
  readonly collectionMethods: readonly ListMethod[]
  readonly recordMethods: readonly RecordMethod[]
  readonly ids: IdGenerator
  readonly processRecord: RecordHook | undefined
}

/** What the resources of a service have in common. */
export interface DefinitionDefaults {
  readonly ids?: IdGenerator | undefined
  /** Checks the authors' schemas. It is slow to make, so that one serves all. */
  readonly metaCheck?: MetaCheck | undefined
  readonly clock?: Clock | undefined
}

/** @throws ConfigurationError naming the resource and what is wrong with it */
export function defineResource<S extends AnySchema>(
  name: string,
  options: ResourceOptions<S>,
  { ids = uuidGenerator, metaCheck, clock }: DefinitionDefaults = {},
): ResourceDefinition {
  if (!/^[a-z][a-z0-9_-]*$/i.test(name)) throw new ConfigurationError(`resource "${name}": a name has letters, digits, - and _ only`)
  const schema = compileRecordSchema(options.schema, {
    preserveUnknown: options.preserveUnknown ?? true,
    resource: name,
    ...(metaCheck === undefined ? {} : { metaCheck }),
    ...(clock === undefined ? {} : { clock }),
  })
  const shared = options.shared ?? false
  const collectionPath = checkedPath(name, options.collectionPath ?? `/${name}s`)
  const { idGenerator } = options
  const definition: ResourceDefinition = {
    name,
    schema,
    shared,
    parentId: options.parentId,
    author: options.author,
    permissions: shared ? (options.permissions ?? ['read', 'write']) : undefined,
    readonlyFields: options.readonlyFields ?? [],
    uniqueFields: options.uniqueFields ?? [],
    indexes: options.indexes ?? [],
    collectionPath,
    recordPath: options.recordPath === null ? null : checkedPath(name, options.recordPath ?? `${collectionPath}/{id}`),
    collectionMethods: withHead(options.collectionMethods ?? ['GET', 'POST', 'DELETE']),
    recordMethods: withHead(options.recordMethods ?? ['GET', 'PUT', 'PATCH', 'DELETE']),
    ids: typeof idGenerator === 'function' ? defineIdGenerator(idGenerator) : (idGenerator ?? ids),
    processRecord: options.processRecord as RecordHook | undefined, // what it is given has passed the schema, so it has the author's types
  }
  checkFields(definition)
  return definition
}

const withHead = <M extends string>(methods: readonly M[]): readonly (M | 'HEAD')[] =>
  methods.includes('GET' as M) ? [...new Set<M | 'HEAD'>([...methods, 'HEAD'])] : methods // GET is a member of both lists of methods

function checkedPath(name: string, path: string): string {
  if (path.startsWith('/') && !path.includes('?')) return path
  throw new ConfigurationError(`resource "${name}": the path "${path}" must start with / and have no query`)
}

/** Every field that an option names must exist, unless unknown fields are kept. */
function checkFields({ name, schema, readonlyFields, uniqueFields, indexes, recordPath }: ResourceDefinition): void {
  for (const [option, fields] of Object.entries({ readonlyFields, uniqueFields, indexes })) {
    const unknown = fields.find((field) => !schema.fieldNames.includes(field))
    if (unknown !== undefined && !schema.preserveUnknown) {
      throw new ConfigurationError(
        `resource "${name}": ${option} names "${unknown}", but the schema has the fields ${schema.fieldNames.join(', ')}`,
      )
    }
  }
  if (recordPath !== null && !/\{id\}(?:\/|$)/.test(recordPath)) {
    throw new ConfigurationError(`resource "${name}": the record path "${recordPath}" has no {id}`)
  }
}
