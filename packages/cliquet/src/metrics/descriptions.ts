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
  cache_hits: 'Values that the cache had when it was asked.',
  cache_misses: 'Values that the cache did not have when it was asked.',
}

/** The sentence about a metric; of one that is the author's own, its name. */
export function describeMetric(name: string): string {
  const known =
    descriptions[name] ?? descriptions[name.replace(/\.[^.]+$/, '.{policy}')] ?? descriptions[name.replace(/\.[^.]+$/, '.{name}')]
  return known ?? name
}
