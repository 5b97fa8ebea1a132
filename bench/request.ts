/** What a request says beyond `Host`. */
export interface RequestParts {
  readonly method?: 'GET' | 'HEAD' | 'POST'
  /** User name; the password is always the same. Undefined: nobody is logged in. */
  readonly user?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** The password of all users. */
export const PASSWORD = 'secret'

/** The bytes of a request. */
export function buildRequest(path: string, { method = 'GET', user, headers = {}, body }: RequestParts = {}): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1']
  if (user !== undefined) lines.push(`Authorization: Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`)
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`)
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${bytes.length}`)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes])
}
