/** What a service measures itself, by name: one sentence each. A name in braces stands for any word. */
export const descriptions: Readonly<Record<string, string>> = {
  request_summary: 'Answers to requests.',
  request_duration: 'From the end of the headers of a request to the end of its answer.',
  request_size: 'Bytes of the bodies of answers.',
  users: 'Requests of known users; different users where the driver knows sets.',
  authentication: 'Requests of known users, by policy.',
  'authentication.{policy}': 'How long the policy took to tell who sends a request.',
  'backend.storage': 'Calls of the storage.',
  'backend.permission': 'Calls of the permission backend.',
  'backend.cache': 'Calls of the cache.',
  'backend.storage.errors': 'Calls that failed because the storage was ill.',
  'backend.permission.errors': 'Calls that failed because the permission backend was ill.',
  'backend.cache.errors': 'Calls that failed because the cache was ill.',
  'listeners.{name}': 'How long the listener took for an event.',
  event_loop_delay_seconds: 'The longest turn of the event loop with requests in it of the last 5 s.',
  event_loop_utilization: 'Which part of the last 5 s the event loop was at work.',
  memory_resident_bytes: 'Memory of the process.',
  pool_size: 'How many connections to the database there may be.',
  pool_busy: 'Connections to the database that are used.',
  pool_waiting: 'Calls that wait for a connection to the database.',
  requests_refused: 'Requests that were refused because of overload.',
  cache_hits: 'Values that the cache had when it was asked.',
  cache_misses: 'Values that the cache did not have when it was asked.',
}

/** The sentence about a metric; of one that is the author's own, its name. */
export function describeMetric(name: string): string {
  const known =
    descriptions[name] ?? descriptions[name.replace(/\.[^.]+$/, '.{policy}')] ?? descriptions[name.replace(/\.[^.]+$/, '.{name}')]
  return known ?? name
}
