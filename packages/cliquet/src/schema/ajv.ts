import { _, Ajv2020, type KeywordCxt } from 'ajv/dist/2020.js'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import { type Json, type JsonObject, sortKeys } from '../primitives/json.ts'

/** What may differ between our validators. */
export interface AjvOptions {
  /** Whether validation goes on after the first fault. */
  readonly allErrors: boolean
  /** Whether errors carry the value and the schema; false by default. */
  readonly verbose?: boolean
  /** Whether unknown keywords and formats are mistakes; they are not where a library checks by itself what it wrote. */
  readonly strict: boolean
  /** Annotations beside those of JSON Schema that the schema may use (`x-…`). */
  readonly annotations: readonly string[]
}

/** Tells what is wrong with the keywords of a JSON Schema, or undefined. */
export type MetaCheck = (jsonSchema: JsonObject) => string | undefined

/** Checks JSON Schemas against the schema of JSON Schema 2020-12. It takes 12 ms to make: make one for all resources of a service. */
export function createMetaCheck(): MetaCheck {
  const ajv = new Ajv2020({ logger: false })
  return (jsonSchema) => (ajv.validateSchema(jsonSchema) ? undefined : ajv.errorsText(ajv.errors, { dataVar: '' }))
}

/** A validator of JSON Schema 2020-12 that trusts the schema's keywords to be well-formed. It changes nothing, converts nothing and prints nothing. Keys are the client's: only own ones count. */
export function createAjv({ allErrors, verbose = false, strict, annotations }: AjvOptions): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors,
    verbose,
    strictSchema: strict,
    strictTypes: false,
    strictTuples: false,
    allowUnionTypes: true,
    allowMatchingProperties: true,
    ownProperties: true,
    logger: false,
    meta: false,
    validateSchema: false,
    formats: { ...fullFormats, uri: isUrl },
  })
  ajv.addVocabulary([...new Set(['x-trim', 'x-now', 'example', ...annotations])])
  ajv.removeKeyword('uniqueItems')
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must have no duplicates' },
    code: uniqueItems,
  })
  return ajv
}

/** Ajv's own comparison is quadratic and calls what a client sent as `valueOf`. */
function uniqueItems(context: KeywordCxt): void {
  if (context.schema !== true) return
  const distinct = context.gen.scopeValue('func', { ref: allDistinct })
  context.pass(_`${distinct}(${context.data})`)
}

const allDistinct = (items: readonly Json[]): boolean =>
  items.length < 2 || new Set(items.map((item) => JSON.stringify(sortKeys(item)))).size === items.length

const scheme = /^[a-z][a-z\d+.-]*:[^\s\p{Cc}]+$/iu

/** Whether `text` is an absolute URL as browsers understand it. */
const isUrl = (text: string): boolean => scheme.test(text) && URL.canParse(text)
