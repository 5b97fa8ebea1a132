/** The settings that concern HTTP as such; `service/settings.ts` says what each means. */
export interface HttpSettings {
  /** `v1`: first segment of every URL (R1.1). */
  readonly apiPrefix: string
  readonly projectDocs: string
  readonly httpScheme: string | undefined
  readonly httpHost: string | undefined
  readonly versionPrefixRedirectEnabled: boolean
  /** s; negative: no caching headers. */
  readonly versionPrefixRedirectTtlSeconds: number
  readonly trailingSlashRedirectEnabled: boolean
  readonly trailingSlashRedirectTtlSeconds: number
  readonly corsOrigins: readonly string[]
  /** s; undefined or 0: no header. */
  readonly corsMaxAgeSeconds: number | undefined
  /** s */
  readonly backoff: number | undefined
  readonly backoffPercentage: number | undefined
  readonly retryAfterSeconds: number
  /** s; 0: no limit. */
  readonly handlerTimeoutSeconds: number
  readonly errorInfoLink: string
  /** ISO 8601. */
  readonly eos: string | undefined
  readonly eosMessage: string | undefined
  readonly eosUrl: string | undefined
  readonly readonly: boolean
}
