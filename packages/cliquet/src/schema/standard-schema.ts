/**
 * What we need of a schema made by another library: the structural interfaces `StandardSchemaV1` and `StandardJSONSchemaV1` of
 * `@standard-schema/spec`, in one. Zod 4.2 implements it; Valibot and ArkType by their own adapters.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardProperties<Input, Output>
}

/** The properties of a standard schema. */
export interface StandardProperties<Input = unknown, Output = Input> {
  readonly version: 1
  readonly vendor: string
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
  /** Validates, applies the library's own defaults and gives the value, or tells what is wrong. */
  readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>
  /** JSON Schema of the values before and after validation; throws where JSON Schema cannot describe them. */
  readonly jsonSchema: {
    readonly input: (options: StandardTarget) => Record<string, unknown>
    readonly output: (options: StandardTarget) => Record<string, unknown>
  }
}

/** The dialect of JSON Schema that is asked for. */
export interface StandardTarget {
  readonly target: 'draft-2020-12'
}

/** The outcome of a validation: a value, or issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[]; readonly value?: undefined }

/** One thing that is wrong, and where. */
export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Whether `value` follows the Standard Schema convention, even if it can't give a JSON Schema. */
export const followsStandard = (value: object): value is { readonly '~standard': object } =>
  '~standard' in value && typeof value['~standard'] === 'object' && value['~standard'] !== null
