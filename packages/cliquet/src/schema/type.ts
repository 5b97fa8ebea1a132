import * as typebox from 'typebox'

/** Everything TypeBox has. The constructors below take precedence: they remember in the type that a field has a default. */
export * from 'typebox'

/** `Schema` that knows from its options whether it has a default, so that `Input` makes the field optional. */
export type WithDefault<Schema, Options> = Options extends { default: infer Default } ? Schema & { default: Default } : Schema

type Options = typebox.TSchemaOptions
type None = Record<never, never>

/** Text (R5.34): nothing is converted to it. `minLength`, `maxLength` count characters, not UTF-16 units. */
function string<const O extends typebox.TStringOptions = None>(options?: O): WithDefault<typebox.TString, O>
function string(options?: typebox.TStringOptions): typebox.TString {
  return typebox.String(options)
}

/** A finite number (R5.34); numeric text is refused. */
function number<const O extends typebox.TNumberOptions = None>(options?: O): WithDefault<typebox.TNumber, O>
function number(options?: typebox.TNumberOptions): typebox.TNumber {
  return typebox.Number(options)
}

/** A number without fraction (R5.34), of any size a double holds. */
function integer<const O extends typebox.TNumberOptions = None>(options?: O): WithDefault<typebox.TInteger, O>
function integer(options?: typebox.TNumberOptions): typebox.TInteger {
  return typebox.Integer(options)
}

/** `true` or `false` (R5.34); text and numbers are refused. */
function boolean<const O extends Options = None>(options?: O): WithDefault<typebox.TBoolean, O>
function boolean(options?: Options): typebox.TBoolean {
  return typebox.Boolean(options)
}

/** A list whose every member is an `items`. */
function array<Item extends typebox.TSchema, const O extends typebox.TArrayOptions = None>(
  items: Item,
  options?: O,
): WithDefault<typebox.TArray<Item>, O>
function array<Item extends typebox.TSchema>(items: Item, options?: typebox.TArrayOptions): typebox.TArray<Item> {
  return typebox.Array(items, options)
}

/** An object with these fields. Others are kept too, unless `additionalProperties: false`. */
function object<P extends typebox.TProperties, const O extends typebox.TObjectOptions = None>(
  properties: P,
  options?: O,
): WithDefault<typebox.TObject<P>, O>
function object<P extends typebox.TProperties>(properties: P, options?: typebox.TObjectOptions): typebox.TObject<P> {
  return typebox.Object(properties, options)
}

/** Exactly this text, number or boolean. */
function literal<Value extends typebox.TLiteralValue, const O extends Options = None>(
  value: Value,
  options?: O,
): WithDefault<typebox.TLiteral<Value>, O>
function literal<Value extends typebox.TLiteralValue>(value: Value, options?: Options): typebox.TLiteral<Value> {
  return typebox.Literal(value, options)
}

/** What any one of `types` allows. A field of a record may be stored as null only if `Type.Null()` is among them (R5.33). */
function union<Types extends typebox.TSchema[], const O extends Options = None>(
  types: [...Types],
  options?: O,
): WithDefault<typebox.TUnion<Types>, O>
function union<Types extends typebox.TSchema[]>(types: [...Types], options?: Options): typebox.TUnion<Types> {
  return typebox.Union(types, options)
}

/** One of these texts or numbers. */
function enumeration<Values extends typebox.TEnumValue[], const O extends Options = None>(
  values: readonly [...Values],
  options?: O,
): WithDefault<typebox.TEnum<Values>, O>
function enumeration<Values extends typebox.TEnumValue[]>(values: readonly [...Values], options?: Options): typebox.TEnum<Values> {
  return typebox.Enum(values, options)
}

/** Any JSON value, null included; typed `any`. */
function anything<const O extends Options = None>(options?: O): WithDefault<typebox.TAny, O>
function anything(options?: Options): typebox.TAny {
  return typebox.Any(options)
}

/** Any JSON value, null included; typed `unknown`. */
function unknownValue<const O extends Options = None>(options?: O): WithDefault<typebox.TUnknown, O>
function unknownValue(options?: Options): typebox.TUnknown {
  return typebox.Unknown(options)
}

export {
  anything as Any,
  array as Array,
  boolean as Boolean,
  enumeration as Enum,
  integer as Integer,
  literal as Literal,
  number as Number,
  object as Object,
  string as String,
  union as Union,
  unknownValue as Unknown,
}

/**
 * A URL with a scheme, 1 to 2048 characters. White space around it is removed before it is validated and stored (R5.34). Non-ASCII
 * characters are accepted, as browsers do.
 */
export function URL<const O extends typebox.TStringOptions = None>(options?: O): WithDefault<typebox.TString, O>
export function URL(options?: typebox.TStringOptions): typebox.TString {
  return typebox.String({ format: 'uri', minLength: 1, maxLength: 2048, ...options, 'x-trim': true })
}

/** Options of `Timestamp`. */
export interface TimestampOptions extends typebox.TNumberOptions {
  /** The time of the write, when the client gives none. */
  auto?: boolean
}

/** Milliseconds since the Unix epoch, an integer ≥ 0. With `auto` the server's time is stored when the field is absent (R5.34). */
export function Timestamp<const O extends TimestampOptions = None>(options?: O): TimestampType<O>
export function Timestamp({ auto, ...options }: TimestampOptions = {}): typebox.TInteger {
  return typebox.Integer({ minimum: 0, ...options, ...(auto ? { 'x-now': true } : {}) })
}

/** The type of `Timestamp(options)`: with `auto` or a default the field may be left out. */
export type TimestampType<O> = O extends { auto: true } ? typebox.TInteger & { default: number } : WithDefault<typebox.TInteger, O>
