/** A value bound to a statement. */
export type Param = null | number | string

/** A piece of SQL with the values of its marks, in the order of the text. Which mark an engine uses is its dialect's matter. */
export interface Fragment {
  readonly text: string
  readonly params: readonly Param[]
}

/** A condition that is SQL, or is known without asking the database. */
export type Condition = boolean | Fragment

/** SQL text with values. */
export const fragment = (text: string, ...params: readonly Param[]): Fragment => ({ text, params })

/** Holds if all hold; none: true. */
export const allOf = (conditions: readonly Condition[]): Condition => combine(conditions, ' and ', false)

/** Holds if any holds; none: false. */
export const anyOf = (conditions: readonly Condition[]): Condition => combine(conditions, ' or ', true)

/** Holds if the condition does not. SQL conditions given to it are never null. */
export function not(condition: Condition): Condition {
  return typeof condition === 'boolean' ? !condition : { text: `not (${condition.text})`, params: condition.params }
}

/** As a piece of SQL, which `true` and `false` are in every engine we use. */
export const conditionSql = (condition: Condition): Fragment => (typeof condition === 'boolean' ? fragment(String(condition)) : condition)

function combine(conditions: readonly Condition[], operator: ' and ' | ' or ', decisive: boolean): Condition {
  const open: Fragment[] = []
  for (const condition of conditions) {
    if (condition === decisive) return decisive
    if (typeof condition !== 'boolean') open.push(condition)
  }
  const [only] = open
  if (only === undefined) return !decisive
  if (open.length === 1) return only
  return { text: `(${open.map(({ text }) => text).join(operator)})`, params: open.flatMap(({ params }) => params) }
}
