import type { Caller } from '../../auth/authorization.ts'
import type { Checked } from '../../auth/explanation.ts'
import type { AccessExplanation, Inquiry } from '../../auth/inquiry.ts'
import { AUTHENTICATED, EVERYONE } from '../../auth/principals.ts'
import type { JsonObject } from '../../primitives/json.ts'
import type { Located } from './locator.ts'
import type { ExplainParameters } from './parameters.ts'

/** What was asked, and about whom. */
export interface AskedFor {
  readonly parameters: ExplainParameters
  readonly ask: Inquiry['ask']
  readonly place: Located
  readonly caller: Caller
  /** Principals that the authentication policy tells. */
  readonly told: readonly string[]
  /** Whether somebody asks about themselves. */
  readonly isSelf: boolean
  /** Where settings stand, by name. */
  readonly places: ReadonlyMap<string, string>
}

/** So many ids of a list are shown. */
const SHOWN_IDS = 100

/** The answer to an operator. */
export function explanationBody(explanation: AccessExplanation, asked: AskedFor): JsonObject {
  const { permitted, decidedBy, permission, object, exists, ids, checked } = explanation
  const notes = notesOf(explanation, asked)
  return {
    permitted,
    decided_by: decidedBy,
    question: { ...asked.ask, ...(permission === undefined ? {} : { permission }) },
    resource: asked.place.resource.name,
    object: { uri: object.uri, parent: object.parentId },
    user: asked.caller.userId ?? null,
    principals: principalsOf(asked),
    ...(exists === undefined ? {} : { exists }),
    ...(ids === undefined ? {} : { records: shownIds(ids) }),
    checked: checked.map((rule) => shownRule(rule, asked.places)),
    ...(permitted ? {} : { hint: hintOf(checked) }),
    ...(notes.length === 0 ? {} : { notes }),
  }
}

/** Where the caller has each principal from. */
function principalsOf({ caller, told, parameters }: AskedFor): JsonObject[] {
  const sourceOf = (principal: string): string => {
    if (principal === caller.userId) return 'user'
    if (principal === EVERYONE) return 'everyone'
    if (principal === AUTHENTICATED && caller.userId !== undefined) return 'authenticated'
    if (told.includes(principal)) return 'policy'
    return parameters.principals.includes(principal) ? 'parameter' : 'group'
  }
  return caller.principals.map((principal) => ({ principal, from: sourceOf(principal) }))
}

const shownIds = (ids: readonly string[]): JsonObject => ({ count: ids.length, ids: ids.slice(0, SHOWN_IDS) })

function shownRule(rule: Checked, places: AskedFor['places']): JsonObject {
  if (rule.kind === 'isolation') return { kind: rule.kind, permits: rule.permits }
  if (rule.kind === 'setting') {
    const { kind, name, principals, matches } = rule
    const place = places.get(name)
    return { kind, name, principals, matches, ...(place === undefined ? {} : { place }) }
  }
  const { kind, uri, parentId, permission } = rule
  const grant = { kind, uri, ...(parentId === '' ? {} : { parent: parentId }), permission }
  if (rule.kind === 'records') return { ...grant, ...shownIds(rule.ids) }
  if (rule.kind === 'decision') return { ...grant, permits: rule.permits }
  return { ...grant, principals: rule.principals, matches: rule.matches }
}

/** What would permit it. */
function hintOf(checked: readonly Checked[]): string {
  if (checked.some(({ kind }) => kind === 'isolation')) return 'Who is logged in has a list of their own: a user would be permitted.'
  if (checked.some(({ kind }) => kind === 'decision')) {
    return 'The application decides by itself (its option `authorization`): neither settings nor stored permissions are looked at.'
  }
  const settings = checked.flatMap((rule) => (rule.kind === 'setting' ? [`in the setting \`${rule.name}\``] : []))
  const grants = checked.flatMap((rule) => (rule.kind === 'grant' || rule.kind === 'records' ? [wordsOf(rule)] : []))
  const ways = [...new Set([...settings, ...grants])]
  if (ways.length === 0) return 'Nothing can permit it: the application’s `inheritance` names no permission that would.'
  return `Any of these would permit it, with one of the principals above: ${ways.join('; ')}.`
}

function wordsOf({ kind, uri, permission }: Exclude<Checked, { kind: 'setting' | 'isolation' }>): string {
  if (kind === 'records') return `\`${permission}\` on records of the list, for these alone`
  const place = uri === '' ? 'the empty URI, for an empty list' : uri
  return `\`${permission}\` on ${place}`
}

function notesOf({ permitted, exists, ids }: AccessExplanation, { ask, place, parameters, isSelf }: AskedFor): string[] {
  const isList = place.kind === 'list'
  const notes: string[] = []
  if (ids !== undefined) {
    notes.push(
      ids.length === 0 ? 'They get an empty list, as they may create there.' : 'They get these records of the list, not all of it.',
    )
  }
  if (exists === false && 'method' in ask && ask.method !== 'PUT') {
    notes.push('There is no such record: who may read the list is answered 404, others are refused.')
  }
  if (!permitted && isList && 'permission' in ask && ['read', 'write'].includes(ask.permission)) {
    notes.push('This is about the list as a whole. Ask with `method` what they get of it.')
  }
  if (!permitted && parameters.user !== undefined && !isSelf) {
    notes.push(
      'Principals that an authentication policy tells, such as groups in a token, are known in requests of that user only: add them as `principals`.',
    )
  }
  return notes
}
