import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { catalogError } from '../errors/http-error.ts'
import type { Answer } from '../http/answer.ts'
import type { ViewContext } from './context.ts'

/** What the file system says where there is no such file. */
const missing = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** The contents of the version file; 404 where there is none (R2.6). */
export async function version({ settings }: ViewContext): Promise<Answer> {
  const text = await readFile(resolve(settings.versionJsonPath), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (missing.has(error.code ?? '')) return undefined
    throw error
  })
  if (text === undefined) throw catalogError('missing-url')
  return { status: 200, headers: {}, text: JSON.stringify(JSON.parse(text)) }
}
