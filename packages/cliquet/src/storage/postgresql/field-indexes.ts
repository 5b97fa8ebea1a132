import { hash } from 'node:crypto'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { identifier, quoted } from '../../drivers/postgresql/statement.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { ResourceDeclaration } from '../contract.ts'
import { indexExpressions } from './dialect.ts'

/** Where statements run, in a transaction or not. */
export type Statements = Pick<PostgresSession, 'query'>

/** Where the tables are. */
export interface IndexPlace {
  readonly at: string
  readonly schema: string
  /** The database, for messages. */
  readonly shown: string
}

/** An index that a resource declares. */
export interface FieldIndex {
  /** What it is for. */
  readonly kind: 'unique' | 'filters'
  readonly resource: string
  readonly field: string
  /** What it is, kept as its comment. */
  readonly label: string
  readonly name: string
}

/** An index that is there. */
export interface FoundIndex {
  readonly name: string
  /** Undefined if its making was interrupted before it got one. */
  readonly label: string | undefined
  /** Whether it is whole: one that is not serves no query. */
  readonly valid: boolean
}

/** The indexes that the resources declare. */
export const declaredIndexes = (resources: readonly ResourceDeclaration[]): readonly FieldIndex[] =>
  resources.flatMap(({ name, uniqueFields, indexes = [] }) => [
    ...uniqueFields.map((field) => indexOf('unique', name, field)),
    ...indexes.map((field) => indexOf('filters', name, field)),
  ])

const PREFIX = 'cliquet '

function indexOf(kind: FieldIndex['kind'], resource: string, field: string): FieldIndex {
  const label = PREFIX + JSON.stringify([kind, resource, field])
  // A name may have 63 bytes, so it is made of a hash; the comment tells what it is.
  return { kind, resource, field, label, name: `field_${hash('sha256', label).slice(0, 24)}` }
}

/** What a label says. */
export function parseLabel(label: string): Pick<FieldIndex, 'kind' | 'resource' | 'field'> | undefined {
  const parsed: unknown = label.startsWith(PREFIX) ? JSON.parse(label.slice(PREFIX.length)) : undefined
  if (!Array.isArray(parsed)) return undefined
  const [kind, resource, field]: unknown[] = parsed
  if (typeof resource !== 'string' || typeof field !== 'string') return undefined
  return { kind: kind === 'unique' ? 'unique' : 'filters', resource, field }
}

/** The indexes of fields that are there, by name. */
export async function foundIndexes(session: Statements, { schema }: IndexPlace): Promise<ReadonlyMap<string, FoundIndex>> {
  const text =
    'select c.relname,d.description,i.indisvalid from pg_index i join pg_class c on c.oid=i.indexrelid ' +
    'join pg_namespace n on n.oid=c.relnamespace ' +
    "left join pg_description d on d.objoid=c.oid and d.classoid='pg_class'::regclass and d.objsubid=0 " +
    "where n.nspname=$1 and c.relname~'^field_[0-9a-f]{24}$'"
  const rows = await session.query({ text, values: [schema] })
  return new Map(
    rows.map(([name, label, valid]): [string, FoundIndex] => [
      String(name),
      { name: String(name), label: label ?? undefined, valid: valid === 't' },
    ]),
  )
}

/** The rows of a unique index. A look-up needs the same text, or the index is not used. */
const uniqueRows = ({ resource, field }: FieldIndex): string =>
  `resource=${quoted(resource)} and not deleted and data->${quoted(field)}<>'null'`

/** What makes the index. Of a unique one a hash, for a long text does not fit; with the parent, as every one of a distributed table must be. */
export function createIndex(at: string, index: FieldIndex, { concurrently }: { readonly concurrently: boolean }): string {
  const { kind, name, resource, field } = index
  const on = `${concurrently ? ' concurrently' : ''} ${identifier(name)} on ${at}records`
  if (kind === 'unique') return `create unique index${on}(parent_id,md5((data->${quoted(field)})::text)) where ${uniqueRows(index)}`
  return `create index${on}(parent_id,${indexExpressions(field).join(',')},last_modified) where resource=${quoted(resource)} and not deleted`
}

/** Tells what the index is. */
export const labelIndex = (at: string, { name, label }: FieldIndex): string =>
  `comment on index ${at}${identifier(name)} is ${quoted(label)}`

/** Removes it. */
export const dropIndex = (at: string, name: string, { concurrently }: { readonly concurrently: boolean }): string =>
  `drop index${concurrently ? ' concurrently' : ''} if exists ${at}${identifier(name)}`

/** @throws ConfigurationError that names two records of one collection with the same value */
export async function assertUnique(session: Statements, { at, shown }: IndexPlace, index: FieldIndex): Promise<void> {
  const text =
    `select parent_id,min(id),max(id) from ${at}records where ${uniqueRows(index)} ` +
    `group by parent_id,md5((data->${quoted(index.field)})::text) having count(*)>1 limit 1`
  const [double] = await session.query({ text })
  if (double === undefined) return
  const [parent, one, other] = double
  throw new ConfigurationError(
    `${shown}: ${index.field} of ${index.resource} can't be unique: the records ${one} and ${other} of parent "${parent}" have the same value`,
  )
}

/** The field whose uniqueness an index of `records` holds. Shards of a distributed table put a number behind the name. */
export async function fieldOfIndex(session: Statements, { at }: Pick<IndexPlace, 'at'>, index: string): Promise<string | undefined> {
  if (index.startsWith('records_ts')) return 'last_modified'
  const [name] = /^field_[0-9a-f]{24}/.exec(index) ?? []
  if (name === undefined) return undefined
  const text = "select obj_description(to_regclass($1),'pg_class')"
  const [row] = await session.query({ text, values: [`${at}${identifier(name)}`] })
  return parseLabel(row?.[0] ?? '')?.field
}
