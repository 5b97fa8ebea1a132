import type { FastifyRequest } from 'fastify'

/** What decides the absolute URLs that the server produces. */
interface UrlSettings {
  readonly httpScheme: string | undefined
  readonly httpHost: string | undefined
}

const defaultPorts: Readonly<Record<string, string>> = { http: ':80', https: ':443' }

/** Scheme and host of this server as this client sees it, without a final slash (R1.15). */
export function origin(request: FastifyRequest, settings: UrlSettings): string {
  const scheme = settings.httpScheme ?? request.protocol
  const host = settings.httpHost ?? (request.host || localHost(request))
  const port = defaultPorts[scheme]
  return `${scheme}://${port !== undefined && host.endsWith(port) ? host.slice(0, -port.length) : host}`
}

/** The address that was called, for clients of HTTP/1.0 that send no `Host`. */
function localHost({ socket: { localAddress = 'localhost', localPort } }: FastifyRequest): string {
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}${localPort === undefined ? '' : `:${localPort}`}`
}

/** The path of a request target, undecoded, and what follows it: `?` and the query string, or nothing. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark) }
}

/** A path without the slashes at its end. In linear time: without the look behind, a long run of slashes elsewhere would take its square. */
export const withoutFinalSlashes = (path: string): string => path.replace(/(?<!\/)\/+$/, '')
