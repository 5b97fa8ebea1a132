import type { SqliteConnection } from '../../drivers/sqlite/connection.ts'
import { sqliteCode } from '../../drivers/sqlite/failure.ts'
import type { Collection, ResourceDeclaration } from '../contract.ts'
import type { StoredRecord } from '../record.ts'
import { jsonPath, quoted } from './dialect.ts'

const CONSTRAINT_UNIQUE = 2067

/** A unique field of a resource. */
interface UniqueField {
  readonly resource: string
  readonly field: string
}

/** What became of the indexes: they are as declared, or two live records of one collection have the same value. */
export type Indexing =
  | { readonly outcome: 'indexed' }
  | {
      readonly outcome: 'double'
      readonly resource: string
      readonly field: string
      readonly parentId: string
      readonly ids: readonly [string, string]
    }

/** The name of a field's index, which is also how a violation tells the field. */
const indexName = (resource: string, field: string): string => `unique ${JSON.stringify([resource, field])}`

/** The rows of the index. A look-up needs the same text, or the index is not used. */
const indexed = (resource: string, field: string): string =>
  `resource=${quoted(resource)} and deleted=0 and data->>${jsonPath([field])} is not null`

/** Makes the indexes of the declared fields, and drops those of fields that are unique no more (S26). */
export function indexUniqueFields(connection: SqliteConnection, resources: readonly ResourceDeclaration[]): Indexing {
  const known = "select name from sqlite_master where type='index' and tbl_name='records' and name like 'unique [%'"
  const names = new Set(connection.rows<[string]>(known).map(([name]) => name))
  for (const { name: resource, uniqueFields } of resources) {
    const wanted = new Set(uniqueFields.map((field) => indexName(resource, field)))
    for (const name of names)
      if (parseIndexName(name)?.resource === resource && !wanted.has(name)) connection.execute(`drop index ${identifier(name)}`)
    for (const field of uniqueFields) {
      if (names.has(indexName(resource, field))) continue
      const double = findDouble(connection, resource, field)
      if (double !== undefined) return double
      connection.execute(
        `create unique index ${identifier(indexName(resource, field))} on records(parent_id,data->${jsonPath([field])}) where ${indexed(resource, field)}`,
      )
    }
  }
  return { outcome: 'indexed' }
}

/** The field whose value is taken, if the error says so; `last_modified` is one too (S5). */
export function violatedField(error: unknown): string | undefined {
  if (sqliteCode(error) !== CONSTRAINT_UNIQUE || !(error instanceof Error)) return undefined
  return error.message.includes('records.last_modified') ? 'last_modified' : violatedIndex(error)?.field
}

function violatedIndex({ message }: Error): UniqueField | undefined {
  const name = /index '(unique \[.*\])'/s.exec(message)?.[1]?.replaceAll("''", "'")
  return name === undefined ? undefined : parseIndexName(name)
}

/** If the error says that a unique field's value is taken: by which record of the collection. */
export function findDuplicate(connection: SqliteConnection, collection: Collection, body: string, error: unknown) {
  if (sqliteCode(error) !== CONSTRAINT_UNIQUE || !(error instanceof Error)) return undefined
  const unique = violatedIndex(error)
  if (unique === undefined) return undefined
  const path = jsonPath([unique.field])
  const sql = `select id,last_modified,data from records where parent_id=? and data->${path}=(?->${path}) and ${indexed(unique.resource, unique.field)}`
  const row = connection.row<[string, number, string]>(sql, [collection.parentId, body])
  if (row === undefined) return undefined
  const existing: StoredRecord = { id: row[0], timestamp: row[1], body: row[2] }
  return { outcome: 'duplicate', field: unique.field, existing } as const
}

function findDouble(connection: SqliteConnection, resource: string, field: string): Indexing | undefined {
  const sql = `select parent_id,min(id),max(id) from records where ${indexed(resource, field)} group by parent_id,data->${jsonPath([field])} having count(*)>1 limit 1`
  const row = connection.row<[string, string, string]>(sql)
  return row && { outcome: 'double', resource, field, parentId: row[0], ids: [row[1], row[2]] }
}

function parseIndexName(name: string): UniqueField | undefined {
  const parts: unknown = JSON.parse(name.slice('unique '.length))
  if (!Array.isArray(parts)) return undefined
  const [resource, field]: unknown[] = parts
  return typeof resource === 'string' && typeof field === 'string' ? { resource, field } : undefined
}

const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
