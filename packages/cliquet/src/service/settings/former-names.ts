/** A setting of the original that is no setting here. */
export type FormerSetting =
  /** It has another name: the value is taken, and the start says so. */
  | { readonly now: string }
  /** It is not needed: the start says why it has no effect. */
  | { readonly idle: string }
  /** Without it the service would not do what was meant: the start fails and says what to do. */
  | { readonly instead: string }

const tuning = (contract: string): Readonly<Record<string, FormerSetting>> => ({
  [`${contract}_pool_maxconn`]: { now: `${contract}_pool_size` },
  [`${contract}_max_overflow`]: { idle: `there are never more connections than ${contract}_pool_size` },
  [`${contract}_maxoverflow`]: { idle: `there are never more connections than ${contract}_pool_size` },
  [`${contract}_pool_recycle`]: { idle: 'a broken connection is noticed and replaced, however old it is' },
  [`${contract}_poolclass`]: { idle: 'there is one kind of pool' },
})

const policies = 'name the policies in multiauth.policies; basicauth is one of them'

/** Names of the original, old and new, that are not in the catalogue. `docs/settings-of-the-original.md` shows them all. */
export const formerNames: ReadonlyMap<string, FormerSetting> = new Map(
  Object.entries<FormerSetting>({
    ...tuning('storage'),
    ...tuning('permission'),
    ...tuning('cache'),
    session_backend: { now: 'cache_backend' },
    session_url: { now: 'cache_url' },
    retry_after: { now: 'retry_after_seconds' },
    sentry_url: { now: 'sentry_dsn' },
    basic_auth_enabled: { instead: policies },
    delete_collection_enabled: { instead: 'write plural_{resource}_delete_enabled for each resource' },
    'multiauth.groupfinder': { instead: 'groups are kept in the permission backend; a policy of your own can add principals' },
    'multiauth.authorization_policy': { instead: 'give createService an `authorization`' },
    vary: { idle: 'each answer names in `Vary` what it depends on' },
    'cornice.always_cors': { idle: 'CORS headers are sent where the request has an `Origin`' },
    'tm.annotate_user': { idle: 'transactions carry no notes' },
    json_renderer: { idle: 'JSON is written by Node and by the database' },
    strict_json: { idle: 'bodies must always be JSON to the letter' },
  }),
)

/** The listeners of the original that are built in here, by their modules. */
export const formerListeners: ReadonlyMap<string, string> = new Map(
  ['cliquet.listeners.redis', 'kinto_redis.listeners'].map((former): [string, string] => [former, 'cliquet/listeners/redis']),
)

/** Plugins of the original that are settings here, and which. */
export const formerPlugins: ReadonlyMap<string, string> = new Map([
  ['kinto.plugins.prometheus', 'metrics_backend = cliquet/metrics/prometheus'],
  ['kinto.plugins.statsd', 'statsd_url = udp://HOST:PORT'],
  ['kinto.plugins.flush', 'flush_endpoint_enabled = true'],
])
