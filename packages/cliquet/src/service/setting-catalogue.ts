import { date, flag, integer, type Kind, list, number, type SettingDefinition, text } from './setting-kinds.ts'

const setting = <T, D extends T | undefined>(
  kind: Kind<T>,
  fallback: D,
  summary: string,
): SettingDefinition<T> & { readonly default: D } => ({
  kind,
  default: fallback,
  summary,
})

/** Every setting by name. The page `docs/settings.md` is compared with it by a test. */
export const settingCatalogue = {
  project_name: setting(text, undefined, 'Name shown by hello. Default: the name given to the service.'),
  project_version: setting(text, undefined, 'Version shown by hello. Default: the version given to the service.'),
  project_docs: setting(text, '', 'URL of the documentation, shown by hello and used in alerts.'),
  http_api_version: setting(
    text,
    undefined,
    'API version, MAJOR.MINOR; MAJOR makes the URL prefix. Default: the first two parts of the project version.',
  ),
  http_scheme: setting(text, undefined, 'Scheme of the absolute URLs in answers. Default: that of the connection.'),
  http_host: setting(text, undefined, 'Host, and port, of the absolute URLs in answers. Default: that of the request.'),
  host: setting(text, 'localhost', 'Address to listen on; 0.0.0.0 for all.'),
  port: setting(integer(0), 8000, 'Port to listen on; 0 takes a free one. `PORT` sets it too.'),
  max_body_bytes: setting(integer(1), 1_048_576, 'Longest body that is read; 413 beyond.'),
  storage_backend: setting(text, 'cliquet/storage/sqlite', 'Module that keeps records.'),
  storage_url: setting(text, undefined, 'Where it keeps them. Default: `data/{name}.sqlite`.'),
  permission_backend: setting(text, undefined, 'Module that keeps permissions. Default: the one that belongs to the storage.'),
  permission_url: setting(text, undefined, 'Where it keeps them. Default: `storage_url`.'),
  cache_backend: setting(text, undefined, 'Module that keeps short-lived values. Default: the one that belongs to the storage.'),
  cache_url: setting(
    text,
    undefined,
    'Where it keeps them. Default: `storage_url`; on SQLite a file of its own beside that of the storage.',
  ),
  cache_prefix: setting(text, '', 'Put before every key of the cache, so that several services can share one.'),
  'multiauth.policies': setting(list, undefined, 'Authentication policies, in the order of trying. Default outside production: basicauth.'),
  userid_hmac_secret: {
    ...setting(
      text,
      undefined,
      'Key of the user ids of Basic Auth. Mandatory in production; elsewhere generated and kept beside the SQLite file.',
    ),
    secret: true,
  },
  explicit_permissions: setting(flag, true, 'Whether who writes a record is added to those who may write it.'),
  readonly: setting(flag, false, 'Whether all writing is refused with 405.'),
  batch_max_requests: setting(integer(0), 25, 'Most requests in a batch; 0: any number.'),
  transaction_per_request: setting(
    flag,
    true,
    'Whether a batch is written as a whole or not at all; otherwise each write commits by itself.',
  ),
  paginate_by: setting(integer(1), undefined, 'Longest page of a list. Default: storage_max_fetch_size.'),
  storage_max_fetch_size: setting(integer(1), 10_000, 'Longest page of a list, whatever was asked for.'),
  pagination_token_validity_seconds: setting(integer(1), 600, 'How long the next page of a DELETE can be asked for, s.'),
  backoff: setting(integer(0), undefined, 'Sends `Backoff` with every answer: how long clients shall hold requests, s.'),
  backoff_percentage: setting(number(0, 100), undefined, 'Sends it with so many per cent of the answers only.'),
  retry_after_seconds: setting(integer(0), 30, '`Retry-After` of 503 and of conflicts, s.'),
  heartbeat_timeout_seconds: setting(number(0.001, 3600), 10, 'How long a heartbeat probe may take, s.'),
  eos: setting(date, undefined, 'End of service: an alert before, 410 from then on. Without a zone it is UTC.'),
  eos_message: setting(text, undefined, 'What the alert says.'),
  eos_url: setting(text, undefined, 'Where the alert points to. Default: project_docs.'),
  error_info_link: setting(text, '', '`info` of unexpected errors.'),
  version_prefix_redirect_enabled: setting(flag, true, 'Whether URLs without version are redirected to the current one.'),
  version_prefix_redirect_ttl_seconds: setting(integer(-1), -1, 'How long that may be cached, s; −1: not said.'),
  trailing_slash_redirect_enabled: setting(flag, true, 'Whether unknown URLs with a trailing slash are redirected to those without.'),
  trailing_slash_redirect_ttl_seconds: setting(integer(-1), 3600, 'How long that may be cached, s; −1: not said.'),
  root_cache_expires_seconds: setting(integer(0), 86_400, 'How long hello may be cached in read-only mode, s.'),
  cors_origins: setting(list, ['*'], 'Origins whose scripts may use the service; `*` in one stands for any text.'),
  cors_max_age_seconds: setting(integer(0), 3600, 'How long preflights may be cached, s; 0: not said.'),
  version_json_path: setting(text, 'version.json', 'File that `__version__` shows.'),
  flush_endpoint_enabled: setting(flag, false, 'Whether `POST /__flush__` empties every backend.'),
  log_level: setting(text, 'warn', 'Least severity that is logged: trace, debug, info, warn, error, fatal or silent.'),
} as const satisfies Record<string, SettingDefinition<unknown>>

/** Settings whose names hold a resource's: what the name looks like, and the kind of value. */
export const settingPatterns: readonly {
  readonly pattern: RegExp
  readonly shape: string
  readonly kind: Kind<unknown>
  readonly summary: string
}[] = [
  {
    pattern: /^(.+)_([a-z]+)_principals$/,
    shape: '{resource}_{permission}_principals',
    kind: list,
    summary: 'Principals who have that permission on the whole resource: read, write, create or one of its own.',
  },
  {
    pattern: /^(.+)_cache_expires_seconds$/,
    shape: '{resource}_cache_expires_seconds',
    kind: integer(0),
    summary: 'How long anonymous answers may be cached, s; 0: not at all.',
  },
  {
    pattern: /^(plural|collection|object|record)_(.+)_(get|head|post|put|patch|delete)_enabled$/,
    shape: '{plural|object}_{resource}_{method}_enabled',
    kind: flag,
    summary: 'Whether a list (`plural`) or a record (`object`) of that resource has that method. `collection` and `record` are the same.',
  },
]
