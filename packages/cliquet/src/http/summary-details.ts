import type { FastifyInstance, FastifyRequest } from 'fastify'
import { UnreadableBody } from './bodies.ts'
import type { Concealment } from './concealment.ts'
import { draftOf, type RequestSummary } from './summary.ts'

type Headers = ReturnType<Concealment['headers']>

/** What is logged of a request where everything is to be known, without secrets. */
export interface SummaryDetails {
  readonly headers: Headers
  /** As JSON has it; undefined if it is not shown. */
  readonly body?: unknown
  readonly response: { readonly headers: Headers; readonly body?: unknown }
}

/** Tells the details of a request that is over. */
export type DetailsReader = (summary: RequestSummary) => SummaryDetails

/** Headers. */
export const headerDetails =
  (conceal: Concealment): DetailsReader =>
  ({ request, reply }) => ({ headers: conceal.headers(request.headers), response: { headers: conceal.headers(reply.getHeaders()) } })

/** Headers and bodies. Answers of routes that `app` is given from now on are kept until they are told, while `isWanted`. */
export function bodyDetails(app: FastifyInstance, conceal: Concealment, isWanted: () => boolean): DetailsReader {
  const headersOf = headerDetails(conceal)
  const answers = new WeakMap<FastifyRequest, string>()
  app.addHook('onSend', (request, _reply, payload, done) => {
    if (typeof payload === 'string' && draftOf(request) !== undefined && isWanted()) answers.set(request, payload)
    done()
  })
  return (summary) => {
    const { request } = summary
    const { headers, response } = headersOf(summary)
    const answer = answers.get(request)
    return {
      headers,
      body: shown(request.body, conceal),
      response: { ...response, body: answer === undefined ? undefined : shown(parsed(answer), conceal) },
    }
  }
}

/** Longest body that is logged, in characters of its JSON. */
const LONGEST = 10_000

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text === '' ? undefined : `[${text.length} characters that are no JSON]`
  }
}

/** A body without secrets; its length where it is too long. */
function shown(body: unknown, conceal: Concealment): unknown {
  if (body === undefined || body instanceof UnreadableBody) return undefined
  try {
    const text = JSON.stringify(body)
    return text.length > LONGEST ? `[${text.length} characters]` : conceal.value(JSON.parse(text))
  } catch {
    return '[no JSON]'
  }
}
