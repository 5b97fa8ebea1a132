import { DEFAULT_TRANSACTION_TIMEOUT } from '../../primitives/transaction.ts'

/** How much longer than we do the server waits before it ends a transaction in which nothing happens, ms: we tell who is in it, it does not. */
const GRACE = 1000

/** The longest that a setting can say, ms. */
const LONGEST = 2 ** 31 - 1

/** How long a session may be idle inside a transaction unless that says otherwise, ms: then the process that began it has stopped. */
export const IDLE_IN_TRANSACTION = DEFAULT_TRANSACTION_TIMEOUT + GRACE

/**
 * Begins a transaction that lasts so long, ms, and which the server ends a bit later, whatever has become of us.
 * @param timeout undefined: its statements may take as long as they need
 */
export function beginning(timeout: number | undefined): string {
  if (timeout === undefined) return 'begin;set local statement_timeout=0'
  if (timeout === DEFAULT_TRANSACTION_TIMEOUT) return 'begin'
  return `begin;set local idle_in_transaction_session_timeout=${Math.min(Math.ceil(timeout) + GRACE, LONGEST)}`
}

/**
 * Has the server ask whether we are still there after 5 s of silence, three times: a machine that has vanished holds nothing after 14 s. The kernel
 * answers, however busy the process is. What the operator has set in the server, for the user or in the URL stays.
 */
export const ASK_WHETHER_ALIVE =
  'select set_config(s.name,v.value,false) from pg_settings s join ' +
  "(values('tcp_keepalives_idle','5'),('tcp_keepalives_interval','3'),('tcp_keepalives_count','3')) v(name,value) on s.name=v.name " +
  "where s.source='default'"
