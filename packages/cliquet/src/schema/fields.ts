import type { Static, TArray, TObject, TOptional, TProperties, TSchema } from 'typebox'
import type { StandardSchema } from './standard-schema.ts'

/**
 * How an author may describe a record: a map of TypeBox types (`{ url: Type.URL() }`), a `Type.Object`, or an object schema of a library that
 * follows Standard Schema and gives JSON Schema (Zod 4).
 */
export type AnySchema = TProperties | TObject | StandardSchema<unknown, object>

/** The fields of a record after validation, without `id` and `last_modified`. A field with a default is always there. */
export type Fields<S> =
  S extends StandardSchema<infer _Input, infer Output>
    ? Output
    : S extends TObject
      ? Static<S>
      : S extends TProperties
        ? Static<TObject<S>>
        : never

/** The fields a client must or may send: a field with a default, at any depth, may be left out. */
export type Input<S> =
  S extends StandardSchema<infer Sent, infer _Output>
    ? Sent
    : S extends TObject
      ? InputOf<S>
      : S extends TProperties
        ? InputProperties<S>
        : never

type InputOf<T extends TSchema> =
  T extends TObject<infer P> ? InputProperties<P> : T extends TArray<infer Item> ? InputOf<Item>[] : Static<T>

type OmittableKeys<P> = { [K in keyof P]: P[K] extends { default: unknown } | TOptional ? K : never }[keyof P]

type InputProperties<P extends TProperties> = Flat<
  { -readonly [K in Exclude<keyof P, OmittableKeys<P>>]: InputOf<P[K]> } & { -readonly [K in OmittableKeys<P>]?: InputOf<P[K]> }
>

type Flat<T> = { [K in keyof T]: T[K] } & {}
