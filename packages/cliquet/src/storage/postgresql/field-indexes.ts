import { hash } from 'node:crypto'
import type { PostgresSession } from '../../drivers/postgresql/session.ts'
import { identifier, quoted } from '../../drivers/postgresql/statement.ts'
import { ConfigurationError } from '../../errors/configuration-error.ts'
import type { ResourceDeclaration } from '../contract.ts'
import { indexExpressions } from './dialect.ts'

/** Keeps processes that make indexes at once in turn: any number that nobody else in the database uses. */
const LOCK = 4_736_201_524

/** What an index is for. */
type Kind = 'unique' | 'filters'

/** Where the tables are. */
interface Place {
  readonly at: string
  readonly schema: string
  /** The database, for messages. */
  readonly shown: string
}

interface FieldIndex {
  readonly kind: Kind
  readonly resource: string
  readonly field: string
  /** What tells an index of ours from others, kept as its comment. */
  readonly label: string
  readonly name: string
}

/** Makes the indexes that the resources declare, and drops those of theirs that are declared no more (S26). */
export async function indexFields(session: PostgresSession, place: Place, resources: readonly ResourceDeclaration[]): Promise<void> {
  const wanted = resources.flatMap(({ name, uniqueFields, indexes = [] }) => [
    ...uniqueFields.map((field) => indexOf('unique', name, field)),
    ...indexes.map((field) => indexOf('filters', name, field)),
  ])
  if (isComplete(wanted, await existing(session, place), resources)) return
  await session.atomically(
    async (transaction) => {
      await transaction.query({ text: `select pg_advisory_xact_lock(${LOCK})` })
      const found = await existing(transaction, place)
      for (const label of found) if (isStale(label, wanted, resources)) await drop(transaction, place, label)
      for (const index of wanted) if (!found.has(index.label)) await create(transaction, place, index)
    },
    { patient: true },
  )
}

const isComplete = (wanted: readonly FieldIndex[], found: ReadonlySet<string>, resources: readonly ResourceDeclaration[]): boolean =>
  wanted.every(({ label }) => found.has(label)) && ![...found].some((label) => isStale(label, wanted, resources))

function isStale(label: string, wanted: readonly FieldIndex[], resources: readonly ResourceDeclaration[]): boolean {
  if (wanted.some((index) => index.label === label)) return false
  const parsed: unknown = JSON.parse(label.slice(PREFIX.length))
  return Array.isArray(parsed) && resources.some(({ name }) => name === parsed[1])
}

const PREFIX = 'cliquet '

function indexOf(kind: Kind, resource: string, field: string): FieldIndex {
  const label = PREFIX + JSON.stringify([kind, resource, field])
  return { kind, resource, field, label, name: nameOf(label) }
}

/** A name may have 63 bytes, so it is made of a hash; the comment tells what it is. */
const nameOf = (label: string): string => `field_${hash('sha256', label).slice(0, 24)}`

async function existing(session: PostgresSession, { schema }: Place): Promise<ReadonlySet<string>> {
  const text =
    'select d.description from pg_class c join pg_namespace n on n.oid=c.relnamespace ' +
    "join pg_description d on d.objoid=c.oid and d.classoid='pg_class'::regclass and d.objsubid=0 " +
    "where n.nspname=$1 and c.relkind in ('i','I') and d.description like 'cliquet [%'"
  const rows = await session.query({ text, values: [schema] })
  return new Set(rows.map(([label]) => String(label)))
}

async function create(session: PostgresSession, place: Place, index: FieldIndex): Promise<void> {
  const { at } = place
  const { name, label } = index
  if (index.kind === 'unique') await assertUnique(session, place, index)
  await session.query({ text: index.kind === 'unique' ? uniqueIndex(at, index) : filterIndex(at, index) })
  await session.query({ text: `comment on index ${at}${identifier(name)} is ${quoted(label)}` })
  if (index.kind === 'filters') await session.query({ text: `analyze ${at}records` })
}

async function drop(session: PostgresSession, { at }: Place, label: string): Promise<void> {
  await session.query({ text: `drop index if exists ${at}${identifier(nameOf(label))}` })
}

/** The rows of a unique index. A look-up needs the same text, or the index is not used. */
const uniqueRows = ({ resource, field }: FieldIndex): string =>
  `resource=${quoted(resource)} and not deleted and data->${quoted(field)}<>'null'`

/** A hash, for a long text does not fit into an index; with the parent, as every unique index of a distributed table must be. */
const uniqueIndex = (at: string, index: FieldIndex): string =>
  `create unique index ${identifier(index.name)} on ${at}records(parent_id,md5((data->${quoted(index.field)})::text)) where ${uniqueRows(index)}`

const filterIndex = (at: string, { name, resource, field }: FieldIndex): string =>
  `create index ${identifier(name)} on ${at}records(parent_id,${indexExpressions(field).join(',')},last_modified) ` +
  `where resource=${quoted(resource)} and not deleted`

async function assertUnique(session: PostgresSession, { at, shown }: Place, index: FieldIndex): Promise<void> {
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
export async function fieldOfIndex(session: PostgresSession, { at }: Pick<Place, 'at'>, index: string): Promise<string | undefined> {
  if (index.startsWith('records_ts')) return 'last_modified'
  const [name] = /^field_[0-9a-f]{24}/.exec(index) ?? []
  if (name === undefined) return undefined
  const text = "select obj_description(to_regclass($1),'pg_class')"
  const [row] = await session.query({ text, values: [`${at}${identifier(name)}`] })
  const parsed: unknown = JSON.parse(row?.[0]?.slice(PREFIX.length) ?? '[]')
  return Array.isArray(parsed) && typeof parsed[2] === 'string' ? parsed[2] : undefined
}
