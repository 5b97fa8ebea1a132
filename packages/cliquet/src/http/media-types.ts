import type { IncomingHttpHeaders } from 'node:http'
import type { HttpError } from '../errors/http-error.ts'
import { faultyRequest } from './errors.ts'

/** The one media type of answers. */
export const JSON_TYPE = 'application/json'

/** A media type without its parameters, lower case (R0.5). */
export const mediaType = (header: string): string => (header.split(';', 1)[0] ?? '').trim().toLowerCase()

/** Why the client can't be answered in JSON (406, R3.14), or undefined. */
export function refusedAccept(headers: IncomingHttpHeaders): HttpError | undefined {
  const accept = headers.accept
  if (accept === undefined || accept === '*/*' || accept === JSON_TYPE || acceptsJson(accept)) return undefined
  return faultyRequest('not-acceptable', {
    location: 'header',
    name: 'Accept',
    description: `Accept header should be one of ['${JSON_TYPE}']`,
  })
}

/** Why a body of this type is not taken (415, R3.15), or undefined. A missing type is taken as JSON. */
export function refusedContentType(headers: IncomingHttpHeaders, allowed: readonly string[]): HttpError | undefined {
  const type = headers['content-type']
  if (type === undefined || type === JSON_TYPE || type === '' || allowed.includes(mediaType(type))) return undefined
  const list = allowed.map((name) => `'${name}'`).join(', ')
  return faultyRequest('unsupported-media-type', {
    location: 'header',
    name: 'Content-Type',
    description: `Content-Type header should be one of [${list}]`,
  })
}

interface Range {
  readonly specificity: number
  readonly quality: number
}

const rangePattern = /^([\w!#$%&'*+.^`|~-]+)\/([\w!#$%&'*+.^`|~-]+)$/

/** Whether the most specific range that concerns JSON allows it (RFC 9110 §12.5.1). What can't be parsed refuses nothing. */
function acceptsJson(accept: string): boolean {
  let parsed = 0
  let best: Range | undefined
  for (const part of accept.split(',')) {
    const [range = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    if (!rangePattern.test(range)) continue
    parsed += 1
    const specificity = [`*/*`, 'application/*', JSON_TYPE].indexOf(range)
    if (specificity >= 0 && (best === undefined || specificity >= best.specificity)) best = { specificity, quality: qualityOf(parameters) }
  }
  return parsed === 0 || (best !== undefined && best.quality > 0)
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  const quality = text === undefined ? 1 : Number(text)
  return Number.isNaN(quality) ? 1 : quality
}
