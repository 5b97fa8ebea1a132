import type { ResourceDeclaration } from '../contract.ts'
import {
  assertUnique,
  createIndex,
  declaredIndexes,
  dropIndex,
  type FieldIndex,
  type FoundIndex,
  foundIndexes,
  type IndexPlace,
  labelIndex,
  parseLabel,
  type Statements,
} from './field-indexes.ts'

/** One thing to do about an index. */
export interface IndexChange {
  readonly title: string
  /** Run one by one. */
  readonly statements: readonly string[]
  /** What is made by it, if it makes one. */
  readonly makes?: FieldIndex
}

/** How changes are made: at once, while writers wait, or beside them and outside of transactions. */
export interface IndexManner {
  readonly concurrently: boolean
}

/** What is to be done until the indexes are those that the resources declare, and nothing else of these resources is left (S26). */
export async function indexChanges(
  session: Statements,
  place: IndexPlace,
  resources: readonly ResourceDeclaration[],
  manner: IndexManner,
): Promise<readonly IndexChange[]> {
  const { at } = place
  const declared = declaredIndexes(resources)
  const found = await foundIndexes(session, place)
  const names = new Set(declared.map(({ name }) => name))
  const isOurs = ({ label }: FoundIndex): boolean => {
    const resource = parseLabel(label ?? '')?.resource
    return resources.some(({ name }) => name === resource)
  }
  const drop = (title: string, { name }: FoundIndex): IndexChange => ({ title, statements: [dropIndex(at, name, manner)] })
  const all = [...found.values()]
  // Who makes indexes has the others wait: one that is not whole is being made by nobody.
  const remains = all.filter((index) => !index.valid && (index.label === undefined || names.has(index.name) || isOurs(index)))
  const stale = all.filter((index) => index.valid && !names.has(index.name) && isOurs(index))
  return [
    ...remains.map((index) => drop('what an interrupted run has left', index)),
    ...declared.flatMap((index) => toDeclared(at, index, found.get(index.name), manner)),
    ...stale.map((index) => drop(`${titleOf(parseLabel(index.label ?? ''))}, which is declared no more`, index)),
  ]
}

/** Makes one change. @throws ConfigurationError for values that are double */
export async function makeChange(session: Statements, place: IndexPlace, { statements, makes }: IndexChange): Promise<void> {
  if (makes?.kind === 'unique') await assertUnique(session, place, makes)
  for (const text of statements) await session.query({ text })
}

/** The planner knows nothing of the expressions of a new index. */
export async function gatherStatistics(session: Statements, { at }: IndexPlace, changes: readonly IndexChange[]): Promise<void> {
  if (changes.some(({ makes }) => makes?.kind === 'filters')) await session.query({ text: `analyze ${at}records` })
}

function toDeclared(at: string, index: FieldIndex, found: FoundIndex | undefined, manner: IndexManner): IndexChange[] {
  const title = titleOf(index)
  if (!found?.valid) return [{ title, statements: [createIndex(at, index, manner), labelIndex(at, index)], makes: index }]
  return found.label === index.label ? [] : [{ title: `label of the ${title}`, statements: [labelIndex(at, index)] }]
}

const titleOf = (index: Pick<FieldIndex, 'kind' | 'resource' | 'field'> | undefined): string =>
  index === undefined ? 'index' : `${index.kind === 'unique' ? 'unique index' : 'index'} of ${index.field} of ${index.resource}`
