import { definitions } from './catalogue.ts'
import { type FormerSetting, formerNames } from './former-names.ts'
import { type SettingDefinition, simple } from './kinds.ts'
import { editDistance, nearest } from './nearest.ts'
import { resourceKey, type SettingFamily, settingFamilies, settingPatterns } from './patterns.ts'
import { isSecretName } from './secrets.ts'

/** What a name, without prefix, stands for. */
export type Recognised =
  | { readonly name: string; readonly definition: SettingDefinition<unknown>; readonly formerly?: string }
  | { readonly name: string; readonly former: Exclude<FormerSetting, { readonly now: string }> }

/** Finds what a name stands for; undefined if it is unknown. */
export function recognise(name: string): Recognised | undefined {
  const definition = definitions.get(name)
  if (definition !== undefined) return { name, definition }
  const former = formerNames.get(name)
  if (former !== undefined && 'now' in former) {
    const current = definitions.get(former.now)
    return current && { name: former.now, definition: current, formerly: name }
  }
  if (former !== undefined) return { name, former }
  const family = familyOf(name)
  if (family !== undefined) return { name, definition: memberDefinition(name, family) }
  const pattern = settingPatterns.find((candidate) => candidate.pattern.test(name))
  return pattern && { name: resourceKey(name), definition: { ...pattern, default: undefined } }
}

const familyOf = (name: string): SettingFamily | undefined =>
  settingFamilies.find(({ prefix }) => name.startsWith(prefix) && /^[^.]+\.[^.]/.test(name.slice(prefix.length)))

const memberDefinition = (name: string, { summary, planned = false }: SettingFamily): SettingDefinition<unknown> => ({
  kind: simple,
  default: undefined,
  summary,
  planned,
  secret: isSecretName(name),
})

/** The known name that an unknown one is nearest to. `limit`: how many edits it may be away, unless that shall depend on its length. */
export function nearestName(name: string, limit?: number): string | undefined {
  return nearest(name, [...definitions.keys(), ...formerNames.keys()], limit) ?? nearestOfResource(name)
}

/** `book_read_principal` is meant to be `book_read_principals`. */
function nearestOfResource(name: string): string | undefined {
  let best: string | undefined
  let least = 3
  for (const { ending, pattern } of settingPatterns) {
    for (let length = ending.length - 2; length <= ending.length + 2; length += 1) {
      const candidate = `${name.slice(0, -length)}${ending}`
      const distance = editDistance(name.slice(-length), ending)
      if (distance < least && pattern.test(candidate)) [best, least] = [candidate, distance]
    }
  }
  return best
}

/** The variable of a name, without prefix: `MULTIAUTH_POLICIES`. */
export const variableOf = (name: string): string => name.replace(/[^a-z0-9]+/gi, '_').toUpperCase()

const namesByVariable: ReadonlyMap<string, string> = new Map(
  [...formerNames.keys(), ...definitions.keys()].map((name): [string, string] => [variableOf(name), name]),
)

/** The name that a variable without prefix stands for; undefined if it is unknown, or one of a family. */
export function nameOfVariable(variable: string): string | undefined {
  const known = namesByVariable.get(variable)
  if (known !== undefined) return known
  const name = variable.toLowerCase()
  return settingPatterns.some(({ pattern }) => pattern.test(name)) ? name : undefined
}

/** The variable, without prefix, that an unknown one is nearest to, if it can only be a slip. */
export function nearestVariable(variable: string): string | undefined {
  const near = nearest(variable, namesByVariable.keys(), Math.min(2, Math.floor(variable.length / 4)))
  const name = near === undefined ? nearestOfResource(variable.toLowerCase()) : undefined
  return name === undefined ? near : variableOf(name)
}
