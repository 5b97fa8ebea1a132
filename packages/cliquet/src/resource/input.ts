import type { Fault } from '../errors/invalid-parameters.ts'
import type { RecordModel } from '../model/model.ts'
import { type Draft, validateDraft } from '../model/preparation.ts'
import type { WriteInput } from '../model/writing.ts'
import { isJsonObject, type JsonObject } from '../primitives/json.ts'
import { dataRequired, type ParsedBody, parseBody } from '../schema/body.ts'
import type { StoredRecord } from '../storage/record.ts'
import { bodyFaults, checkId, type Exchange, refuseFaults } from './exchange.ts'

/** Reads the body of a POST or PUT, once; all faults of headers and body together (R3.8). */
export interface InputReader {
  /** For a record that does not exist: absent data is `{}` with its defaults (R5.7). */
  create(): WriteInput & { readonly draft: Draft }
  /** For a record of which nobody knows whether it exists: absent data has no draft, since it means one thing or the other. */
  blind(): WriteInput
  /** For a record that exists: absent data keeps its fields (R5.18). */
  replace(existing: StoredRecord | undefined): WriteInput
}

/** Makes the reader of one request's body. */
export function inputReader(exchange: Exchange, id: string): InputReader {
  const { context, request } = exchange
  const { model } = context
  let envelope: ParsedBody | undefined

  function read(existing: StoredRecord | undefined, whenAbsent: JsonObject | undefined): WriteInput {
    if (envelope === undefined) {
      const unreadable = bodyFaults(request)
      if (unreadable.length > 0) refuseFaults(exchange.headerFaults, unreadable)
      envelope = parseBody(request.body, { permissions: model.permissions })
    }
    const isMapping = request.body === undefined || isJsonObject(request.body)
    const isMissing = isMapping && envelope.data === undefined && !hasFault(envelope, 'data')
    const required = isMissing && model.schema.requiredFields.length > 0
    const data = envelope.data ?? (isMissing && !required ? whenAbsent : undefined)
    const draft = data === undefined ? undefined : draftOf(model, id, data, existing)
    refuseFaults(exchange.headerFaults, envelope.faults ?? [], required ? [dataRequired] : [], faultsOf(draft))
    checkId(context, id)
    return { draft: draft === undefined || 'faults' in draft ? undefined : draft, permissions: envelope.permissions }
  }

  return {
    create() {
      const { draft, permissions } = read(undefined, {})
      return { draft: draft ?? { id, fields: {}, timestamp: undefined, claimedId: undefined }, permissions }
    },
    blind: () => read(undefined, undefined),
    replace: (existing) => read(existing, existing === undefined ? {} : undefined),
  }
}

const hasFault = ({ faults }: ParsedBody, name: string): boolean => faults?.some((fault) => fault.name === name) ?? false

const draftOf = (model: RecordModel, id: string, data: JsonObject, existing: StoredRecord | undefined) =>
  validateDraft(model, id, data, { existing, patched: false })

const faultsOf = (draft: Draft | { readonly faults: readonly Fault[] } | undefined): readonly Fault[] =>
  draft !== undefined && 'faults' in draft ? draft.faults : []
