import { PostgresDatabase } from '../../../src/drivers/postgresql/database.ts'
import { parsePostgresUrl } from '../../../src/drivers/postgresql/location.ts'

/** Run as a process: begins a transaction with that statement and time-out, says so on its output, and does nothing any more. */
const [, , url = '', timeout = '', text = ''] = process.argv
const database = new PostgresDatabase(parsePostgresUrl(url))
const transaction = await database.begin({ timeout: Number(timeout) })
await transaction.query({ text })
process.stdout.write('begun\n')
setInterval(() => {}, 1000)
