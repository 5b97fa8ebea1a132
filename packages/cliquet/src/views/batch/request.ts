import { type Fault, InvalidParameters, invalid } from '../../errors/invalid-parameters.ts'
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts'

/** A request of a batch, defaults merged in (R11.2, R11.3). */
export interface BatchRequest {
  readonly path: string
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json | undefined
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']
const members = ['path', 'method', 'headers', 'body']

/**
 * Reads the body of a batch request.
 * @throws InvalidParameters naming every fault: nothing of the batch is then executed (R11.2, R11.4)
 */
export function parseBatch(body: unknown, limit: number): readonly BatchRequest[] {
  if (!isJsonObject(body))
    throw invalid('body', body === undefined ? 'requests' : '', body === undefined ? 'Required' : 'Should be a JSON object')
  const { requests, defaults = {}, ...others } = body
  const faults: Fault[] = Object.keys(others).map((name) => fault('', `Unrecognized key ${JSON.stringify(name)}`))
  faults.push(...requestFaults(defaults, 'defaults'))
  if (requests === undefined || !isJsonArray(requests))
    faults.push(fault('requests', requests === undefined ? 'Required' : 'Should be a list'))
  const list = requests !== undefined && isJsonArray(requests) ? requests : []
  if (limit > 0 && list.length > limit) throw invalid('body', 'requests', `Number of requests is limited to ${limit}`)
  const merged = list.map((request, index) => {
    const name = `requests.${index}`
    const found = requestFaults(request, name)
    faults.push(...found)
    if (!isJsonObject(request) || !isJsonObject(defaults) || found.length > 0) return {}
    const whole = merge(defaults, request)
    if (whole.path === undefined) faults.push(fault(`${name}.path`, 'Required'))
    return whole
  })
  const [first, ...rest] = faults
  if (first !== undefined) throw new InvalidParameters([first, ...rest])
  return merged.map(toRequest)
}

const fault = (name: string, description: string): Fault => ({ location: 'body', name, description })

/** What is wrong with a request object or the defaults, which have the same members. */
function requestFaults(request: Json, name: string): readonly Fault[] {
  if (!isJsonObject(request)) return [fault(name, 'Should be an object')]
  const faults = Object.keys(request).flatMap((key) =>
    members.includes(key) ? [] : [fault(name, `Unrecognized key ${JSON.stringify(key)}`)],
  )
  const { path, method, headers, body } = request
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/') || !path.isWellFormed())) {
    faults.push(fault(`${name}.path`, 'Should be a text that starts with /'))
  }
  if (method !== undefined && (typeof method !== 'string' || !methods.includes(method))) {
    faults.push(fault(`${name}.method`, `${JSON.stringify(method)} is not one of ${methods.join(', ')}`))
  }
  if (headers !== undefined && !areHeaders(headers))
    faults.push(fault(`${name}.headers`, 'Should be an object of texts without control characters'))
  if (body !== undefined && (typeof body !== 'object' || body === null)) faults.push(fault(`${name}.body`, 'Should be an object or a list'))
  return faults
}

/** Names are tokens; values have nothing that could end a line (R12.42). */
function areHeaders(headers: Json): boolean {
  if (!isJsonObject(headers)) return false
  return Object.entries(headers).every(
    ([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value),
  )
}

/**
 * The defaults, overridden by the request: headers, without case, and bodies that are objects member by member, all the way down (R11.3). Each
 * request has a copy of its own of the default body: hooks and views may change what they are given.
 */
function merge(defaults: JsonObject, request: JsonObject): JsonObject {
  const own = typeof defaults.body === 'object' ? { ...defaults, body: structuredClone(defaults.body) } : defaults
  return mergeObjects(withLowerCaseHeaders(own), withLowerCaseHeaders(request))
}

function withLowerCaseHeaders(request: JsonObject): JsonObject {
  if (!isJsonObject(request.headers ?? null)) return request
  const headers = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return { ...request, headers: Object.fromEntries(headers) }
}

function mergeObjects(below: JsonObject, above: JsonObject): JsonObject {
  // A Map knows no special keys, and Object.fromEntries defines properties: `__proto__` is a key like any other.
  const merged = new Map<string, Json>(Object.entries(below))
  for (const [key, value] of Object.entries(above)) {
    const known = merged.get(key)
    merged.set(key, known !== undefined && isJsonObject(known) && isJsonObject(value) ? mergeObjects(known, value) : value)
  }
  return Object.fromEntries(merged)
}

function toRequest({ path, method = 'GET', headers = {}, body }: JsonObject): BatchRequest {
  return { path: String(path), method: String(method), headers: headers as Record<string, string>, body } // areHeaders has seen them
}
