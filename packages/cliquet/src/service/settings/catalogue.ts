import {
  addresses,
  date,
  dsn,
  flag,
  generatorModule,
  integer,
  level,
  list,
  module,
  number,
  rendererModule,
  type SettingDefinition,
  severity,
  text,
  version,
} from './kinds.ts'

const setting = <T, D extends T | undefined>(
  kind: SettingDefinition<T>['kind'],
  fallback: D,
  summary: string,
): SettingDefinition<T> & { readonly default: D } => ({
  kind,
  default: fallback,
  summary,
})

const secret = <S extends SettingDefinition<unknown>>(definition: S): S & { readonly secret: true } => ({ ...definition, secret: true })

const planned = <S extends SettingDefinition<unknown>>(definition: S): S & { readonly planned: true } => ({ ...definition, planned: true })

type Group = Readonly<Record<string, SettingDefinition<unknown>>>

const project = {
  project_name: setting(text, undefined, 'Name shown by hello. Default: the name given to the service.'),
  project_version: setting(version, undefined, 'Version shown by hello. Default: the version given to the service.'),
  project_docs: setting(text, '', 'URL of the documentation, shown by hello and used in alerts.'),
  http_api_version: setting(
    version,
    undefined,
    'API version, MAJOR.MINOR; MAJOR makes the URL prefix. Default: the first two parts of the project version.',
  ),
  settings_prefix: setting(
    text,
    undefined,
    'One more prefix that keys and variables may have, beside `cliquet` and the name of the service.',
  ),
} as const satisfies Group

const http = {
  host: setting(text, 'localhost', 'Address to listen on; 0.0.0.0 for all.'),
  port: setting(integer(0), 8000, 'Port to listen on; 0 takes a free one. `PORT` sets it too.'),
  http_scheme: setting(text, undefined, 'Scheme of the absolute URLs in answers. Default: that of the connection.'),
  http_host: setting(text, undefined, 'Host, and port, of the absolute URLs in answers. Default: that of the request.'),
  trusted_proxies: setting(
    addresses,
    [],
    'Addresses or networks (10.0.0.0/8) of proxies, or `loopback`, `uniquelocal`: `X-Forwarded-For`, `-Host` and `-Proto` from there are believed.',
  ),
  max_body_bytes: setting(integer(1), 1_048_576, 'Longest body that is read; 413 beyond.'),
  header_timeout_seconds: setting(
    number(0, 3600),
    15,
    'How long the headers of a request may take to arrive, s; 408 then. 0: as long as they like.',
  ),
  request_timeout_seconds: setting(number(0, 86_400), 60, 'The same of a request with its body.'),
  keep_alive_timeout_seconds: setting(
    number(0, 86_400),
    72,
    'How long a connection is kept for the next request, s: longer than the load balancer keeps it. 0: as long as it likes.',
  ),
  connection_timeout_seconds: setting(
    number(0, 86_400),
    120,
    'After how long a connection is cut on which nothing is sent or received, s, also while an answer is worked out. 0: never.',
  ),
  handler_timeout_seconds: setting(
    number(0, 86_400),
    60,
    'How long it may take until an answer begins, s; 503 then, while what was begun goes on. 0: as long as it takes.',
  ),
  version_prefix_redirect_enabled: setting(flag, true, 'Whether URLs without version are redirected to the current one.'),
  version_prefix_redirect_ttl_seconds: setting(integer(-1), -1, 'How long that may be cached, s; −1: not said.'),
  trailing_slash_redirect_enabled: setting(flag, true, 'Whether unknown URLs with a trailing slash are redirected to those without.'),
  trailing_slash_redirect_ttl_seconds: setting(integer(-1), 3600, 'How long that may be cached, s; −1: not said.'),
  root_cache_expires_seconds: setting(integer(0), 86_400, 'How long hello may be cached in read-only mode, s.'),
  cors_origins: setting(list, ['*'], 'Origins whose scripts may use the service; `*` in one stands for any text.'),
  cors_max_age_seconds: setting(integer(0), 3600, 'How long preflights may be cached, s; 0: not said.'),
  version_json_path: setting(text, 'version.json', 'File that `__version__` shows.'),
} as const satisfies Group

const resources = {
  paginate_by: setting(integer(1), undefined, 'Longest page of a list. Default: storage_max_fetch_size.'),
  storage_max_fetch_size: setting(integer(1), 10_000, 'Longest page of a list, whatever was asked for.'),
  pagination_token_validity_seconds: setting(integer(1), 600, 'How long the next page of a DELETE can be asked for, s.'),
  batch_max_requests: setting(integer(0), 25, 'Most requests in a batch; 0: any number.'),
  transaction_per_request: setting(
    flag,
    true,
    'Whether a batch, or a request that subscribers may refuse, is written as a whole or not at all; otherwise each write commits by itself.',
  ),
  explicit_permissions: setting(flag, true, 'Whether who writes a record is added to those who may write it.'),
  id_generator: setting(
    generatorModule,
    undefined,
    'Module that makes the ids of records, of resources that have none of their own. In code: `idGenerator`. Default: UUIDs.',
  ),
} as const satisfies Group

const backends = {
  storage_backend: setting(module, 'cliquet/storage/sqlite', 'Module that keeps records.'),
  storage_url: setting(text, undefined, 'Where it keeps them. Default: `data/{name}.sqlite`.'),
  permission_backend: setting(module, undefined, 'Module that keeps permissions. Default: the one that belongs to the storage.'),
  permission_url: setting(text, undefined, 'Where it keeps them. Default: `storage_url`.'),
  cache_backend: setting(module, undefined, 'Module that keeps short-lived values. Default: the one that belongs to the storage.'),
  cache_url: setting(
    text,
    undefined,
    'Where it keeps them. Default: `storage_url`; on SQLite a file of its own beside that of the storage.',
  ),
  cache_prefix: setting(text, '', 'Put before every key of the cache, so that several services can share one.'),
  cache_hosts: setting(list, undefined, 'Servers of Memcached, HOST:PORT, in place of `cache_url`.'),
  cache_max_size_bytes: setting(integer(0), 524_288, 'How much a cache in memory holds; what was not used for longest is dropped first.'),
} as const satisfies Group

const pools = {
  storage_pool_size: setting(integer(1), 16, 'Most connections that this process has to the server at once.'),
  storage_pool_timeout: setting(number(0.001, 3600), 10, 'How long a request waits for a connection, s; 503 then.'),
  storage_max_backlog: setting(
    integer(-1),
    1000,
    'How many requests may wait for one, and how many writes for their turn in one collection; a further one has 503 at once. −1: any number.',
  ),
  storage_statement_timeout: setting(number(0.001, 3600), 10, 'How long the server may take for one statement, s; 503 then.'),
  permission_pool_size: setting(
    integer(1),
    undefined,
    'The same for the permission backend, if its URL is another. Default: storage_pool_size.',
  ),
  permission_pool_timeout: setting(number(0.001, 3600), undefined, 'Default: storage_pool_timeout.'),
  permission_max_backlog: setting(integer(-1), undefined, 'Default: storage_max_backlog.'),
  permission_statement_timeout: setting(number(0.001, 3600), undefined, 'Default: storage_statement_timeout.'),
  cache_pool_size: setting(integer(1), undefined, 'The same for the cache, if its URL is another. Default: storage_pool_size.'),
  cache_pool_timeout: setting(number(0.001, 3600), undefined, 'Default: storage_pool_timeout.'),
  cache_max_backlog: setting(integer(-1), undefined, 'Default: storage_max_backlog.'),
  cache_statement_timeout: setting(number(0.001, 3600), undefined, 'Default: storage_statement_timeout.'),
} as const satisfies Group

const authentication = {
  'multiauth.policies': setting(list, undefined, 'Authentication policies, in the order of trying. Default outside production: basicauth.'),
  userid_hmac_secret: secret(
    setting(
      text,
      undefined,
      'Key of the user ids of Basic Auth. Mandatory in production; elsewhere generated and kept beside the SQLite file.',
    ),
  ),
  default_bucket_hmac_secret: planned(secret(setting(text, undefined, 'Key of the ids of default buckets. Default: userid_hmac_secret.'))),
} as const satisfies Group

const operations = {
  readonly: setting(flag, false, 'Whether all writing is refused with 405.'),
  backoff: setting(integer(0), undefined, 'Sends `Backoff` with every answer: how long clients shall hold requests, s.'),
  backoff_percentage: setting(number(0, 100), undefined, 'Sends it with so many per cent of the answers only.'),
  retry_after_seconds: setting(integer(0), 30, '`Retry-After` of 503 and of conflicts, s.'),
  overload_delay_seconds: setting(
    number(0, 3600),
    0.5,
    'How long requests may have to wait for their turn, s: beyond, some are refused with 503, so that the others need not wait. 0: none ever is.',
  ),
  rate_limit_requests: setting(
    integer(0),
    0,
    'How many requests one user, or one address of those not logged in, may send in the time below; 0: any number.',
  ),
  rate_limit_window_seconds: setting(number(1, 86_400), 60, 'That time, s. It begins with the first of them.'),
  heartbeat_timeout_seconds: setting(number(0.001, 3600), 10, 'How long a heartbeat probe may take, s.'),
  shutdown_delay_seconds: setting(
    number(0, 3600),
    0,
    'How long a service that is told to end goes on as before, s: only its heartbeats answer 503, so that load balancers take it out.',
  ),
  shutdown_timeout_seconds: setting(
    number(0.001, 86_400),
    30,
    'How long a service that ends waits for the requests in flight, s. Then it cuts their connections.',
  ),
  shutdown_idle_seconds: setting(
    number(0, 3600),
    1,
    'How long a service that ends at a signal keeps connections without a request, whose client may be about to send one, s.',
  ),
  eos: setting(date, undefined, 'End of service: an alert before, 410 from then on. Without a zone it is UTC.'),
  eos_message: setting(text, undefined, 'What the alert says.'),
  eos_url: setting(text, undefined, 'Where the alert points to. Default: project_docs.'),
  error_info_link: setting(text, '', '`info` of unexpected errors.'),
  flush_endpoint_enabled: setting(flag, false, 'Whether `POST /__flush__` empties every backend.'),
  explain_endpoint_principals: setting(
    list,
    [],
    'Principals who may ask `GET /__explain__` why somebody may or may not do something; without any it does not exist.',
  ),
} as const satisfies Group

/** What commonly carries a secret, by its name. `code` and `state` are those of a login; `location` sends users on with a token. */
const secretNames = [
  ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'location', 'x-api-key', 'api_key', 'apikey', 'code', 'state'],
  ...['token', 'access_token', 'id_token', 'refresh_token', 'client_secret', 'password', 'secret', 'signature'],
]

const observation = {
  log_level: setting(level, 'info', 'Least severity that is logged; SIGUSR2 changes it to debug and back.'),
  logging_renderer: setting(
    rendererModule,
    undefined,
    'Module that shows the log. Default: cliquet/logging/human, in production cliquet/logging/json.',
  ),
  logging_bodies: setting(flag, false, 'Whether bodies are logged too where the level is debug: whatever users keep.'),
  logging_hidden: setting(list, secretNames, 'Headers, parameters of the URL and members of bodies whose values are not logged.'),
  tracing_enabled: setting(flag, false, 'Whether requests and what they do make spans of OpenTelemetry; see [Tracing](tracing.md).'),
  metrics_backend: setting(list, [], 'Modules that take measurements, as many as you like; see [Metrics](metrics.md).'),
  metrics_endpoint_principals: setting(
    list,
    ['system.Everyone'],
    'Principals who may read `GET /__metrics__`, which is there if one of these modules can be asked, as that of Prometheus.',
  ),
  metrics_matchdict_fields: setting(list, [], 'Parameters of paths that become labels of the metrics of requests.'),
  statsd_url: setting(text, undefined, 'Sends metrics to a StatsD server, udp://HOST:PORT; with `?tags=dogstatsd` labels are tags.'),
  statsd_prefix: setting(text, undefined, 'Put before their names. Default: the project name.'),
  statsd_backend: setting(module, 'cliquet/metrics/statsd', 'Module that sends them.'),
  prometheus_prefix: setting(text, undefined, 'Put before the names of metrics. Default: the project name.'),
  prometheus_disabled_metrics: setting(list, [], 'Names of metrics that are left out.'),
  prometheus_histogram_buckets: setting(
    list,
    ['0.01', '0.05', '0.1', '0.5', '1', '3', '6', 'Inf'],
    'Bounds of the buckets of histograms, s.',
  ),
  prometheus_created_metrics_enabled: setting(flag, true, 'Whether there is a metric that tells since when one is counted.'),
  sentry_dsn: secret(setting(dsn, undefined, 'Where unexpected errors are reported.')),
  sentry_env: setting(text, undefined, 'Name of the environment in the reports. Default: production, or development.'),
  sentry_breadcrumbs_min_level: setting(
    severity,
    'debug',
    'Least severity of the log records that stand beside an error of their request.',
  ),
  sentry_events_min_level: setting(severity, 'warn', 'Least severity of the log records that are reported themselves.'),
  newrelic_config: setting(
    text,
    undefined,
    'Configuration file of the agent of New Relic, `.js`, `.cjs`, `.mjs`, `.json` or `.ini`, which it is started with.',
  ),
  newrelic_env: setting(text, 'dev', 'Environment in that file: the section `[newrelic:{environment}]` of an `.ini`.'),
  error_reporters: setting(list, [], 'Modules that errors are reported to as well.'),
  profiler_enabled: setting(flag, false, 'Whether CPU profiles are written: of one request after the other.'),
  profiler_dir: setting(text, undefined, 'Folder of the profiles. Default: `{project name}-profiles` in the folder for temporary files.'),
  profiler_seconds: setting(
    number(1, 3600),
    undefined,
    'How long a profile is, s, if they shall be of whatever happens in place of requests.',
  ),
  profiler_max_files: setting(integer(1), 200, 'Most profiles that the folder keeps; the oldest are removed.'),
} as const satisfies Group

const extension = {
  includes: setting(list, [], 'Modules of plugins, in the order of their set-up. In code: `plugins`.'),
  steps_removed: setting(list, [], 'Steps of the start that are left out, by name.'),
  steps_replaced: setting(list, [], 'Steps of the start that others take the place of: `{name}={module}`.'),
  steps_before: setting(list, [], 'Steps that are added before others: `{name}={module}`.'),
  steps_after: setting(list, [], 'Steps that are added after others: `{name}={module}`.'),
  initialization_sequence: setting(
    list,
    undefined,
    'All steps of the start in their order, names or modules, as in the original. Default: the steps that are built in.',
  ),
  event_listeners: setting(list, [], 'Names of listeners to events, or their modules.'),
} as const satisfies Group

/** The settings as the reference page shows them. */
export const settingGroups: readonly { readonly title: string; readonly settings: Group }[] = [
  { title: 'The project', settings: project },
  { title: 'HTTP', settings: http },
  { title: 'Resources', settings: resources },
  { title: 'Backends', settings: backends },
  { title: 'Connections to servers', settings: pools },
  { title: 'Authentication', settings: authentication },
  { title: 'Operations', settings: operations },
  { title: 'Observation', settings: observation },
  { title: 'Extension', settings: extension },
]

/** Every setting by name. `docs/settings.md` is made from it. */
export const settingCatalogue = {
  ...project,
  ...http,
  ...resources,
  ...backends,
  ...pools,
  ...authentication,
  ...operations,
  ...observation,
  ...extension,
} as const satisfies Group

/** The same, for names that may not be there. */
export const definitions: ReadonlyMap<string, SettingDefinition<unknown>> = new Map(Object.entries(settingCatalogue))
