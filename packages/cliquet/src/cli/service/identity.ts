import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { ConfigurationError } from '../../errors/configuration-error.ts'

/** What a service is called where its settings don't say so. */
export interface Identity {
  readonly name: string
  readonly version: string
}

/** What `package.json` of the working directory says, else the name of the directory. */
export function identityHere(): Identity {
  const description = readPackage('package.json')
  const name = typeof description.name === 'string' ? description.name.replace(/^@[^/]*\//, '') : basename(resolve())
  return { name, version: typeof description.version === 'string' ? description.version : '1.0' }
}

/** The fields of that file; none if there is no such file. @throws ConfigurationError when it is no JSON object */
export function readPackage(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {}
  }
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch (cause) {
    throw new ConfigurationError(`${file} is not valid JSON`, { cause })
  }
}
