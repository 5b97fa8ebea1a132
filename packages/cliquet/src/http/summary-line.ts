import type { Concealment } from './concealment.ts'
import type { RequestSummary } from './summary.ts'

/** Longest text of a client that is logged, in characters. */
const LONGEST = 1000

/** Members of a line of the log; those that are undefined are left out. */
type Fields = Readonly<Record<string, unknown>>

/** What is logged of a request when it is over; `docs/logs.md` says what each means. What the endpoint tells takes the place of none of it. */
export function summaryLine(summary: RequestSummary, conceal: Concealment): Fields {
  const { request, context, query } = summary
  const { 'user-agent': agent, 'accept-language': lang } = request.headers
  const line: Record<string, unknown> = {
    rid: request.id,
    method: summary.method,
    path: short(conceal.path(summary.path)),
    querystring: query.length > 1 ? short(conceal.query(query.slice(1))) : undefined,
    code: summary.status,
    t: Math.round(summary.duration),
    errno: summary.errno,
    uid: summary.userId,
    authn_type: summary.policy,
    agent: agent ? short(agent) : undefined,
    lang: lang ? short(lang) : undefined,
    batch_size: summary.batchSize,
    aborted: summary.isAborted || undefined,
  }
  for (const name in context) line[name] ??= context[name]
  return line
}

const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)
