import { after } from 'node:test'
import { Client } from 'pg'
import { postgresUrl } from './server-urls.ts'

/** URL of a PostgreSQL schema that only this test file uses. It is dropped when the file's tests have ended. */
export function ownSchema(name: string, url = postgresUrl ?? 'postgresql://nowhere/nothing'): string {
  const schema = `test_${name}_${process.pid}`
  if (URL.parse(url)?.hostname !== 'nowhere') after(() => runSql(url, `drop schema if exists "${schema}" cascade`))
  const own = new URL(url)
  own.searchParams.set('schema', schema)
  return own.href
}

/** Runs SQL as an operator would. @returns the rows of the last statement, as arrays of text */
export async function runSql(url: string, ...statements: readonly string[]): Promise<readonly (readonly string[])[]> {
  const address = new URL(url)
  address.searchParams.delete('schema')
  const client = new Client({ connectionString: address.href, types: { getTypeParser: () => String } })
  await client.connect()
  try {
    let rows: readonly (readonly string[])[] = []
    for (const text of statements) rows = (await client.query<string[]>({ text, rowMode: 'array' })).rows
    return rows
  } finally {
    await client.end()
  }
}
