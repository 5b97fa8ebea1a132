export type { Caller, Decision, Inheritance, Question } from './auth/authorization.ts'
export type { LoginAnswer, LoginFlow, LoginRequest } from './auth/login/flow.ts'
export type {
  AuthenticationPolicy,
  Identity,
  PolicyCapability,
  PolicyHeartbeat,
  PolicyLog,
  PolicyOptions,
  PolicySettings,
  Recognised,
} from './auth/policy.ts'
export { AUTHENTICATED, EVERYONE } from './auth/principals.ts'
export type { Cache, Counted } from './cache/contract.ts'
export type { BackendOptions } from './drivers/backend-options.ts'
export type { Distribution, TableVersion } from './drivers/migrations.ts'
export type { OwnTables, SqlQuery, SqlRow, SqlSession } from './drivers/sql-database.ts'
export { BackendError } from './errors/backend-error.ts'
export { ConfigurationError } from './errors/configuration-error.ts'
export type { HttpErrorOptions } from './errors/http-error.ts'
export { HttpError } from './errors/http-error.ts'
export type { Fault } from './errors/invalid-parameters.ts'
export { InvalidParameters } from './errors/invalid-parameters.ts'
export type {
  Action,
  AfterResourceChanged,
  AfterResourceRead,
  AnyResourceEvent,
  AnySubscriber,
  ChangeAction,
  EventListener,
  EventName,
  EventRecord,
  EventTombstone,
  Impacted,
  ListenerLog,
  ListenerOptions,
  Notice,
  ResourceChanged,
  ResourceRead,
  ServerFlushed,
  Sessions,
  Subscriber,
  TransactionContext,
} from './events/contract.ts'
export type { Phase, Readiness } from './http/readiness.ts'
export type { RequestObserver, RequestSummary } from './http/summary.ts'
export type { LogEntry, LogOutput, LogRenderer, LogSink, RendererOptions } from './logging/contract.ts'
export type { CountOptions, Exposition, Labels, Metrics, MetricsOptions } from './metrics/contract.ts'
export type { IdGenerator } from './model/ids.ts'
export { defineIdGenerator, GENERIC_ID, uuidGenerator } from './model/ids.ts'
export type { Grant, ObjectRef, PermissionBackend, PermissionChange, PermissionSession, PermissionSet } from './permission/contract.ts'
export type { DumpedPermission, DumpedPrincipal, PermissionItem } from './permission/dump.ts'
export type { Clock } from './primitives/clock.ts'
export type { JoinedWork } from './primitives/joined-work.ts'
export type { Json, JsonObject } from './primitives/json.ts'
export { storedText } from './primitives/json.ts'
export type { LogLevel } from './primitives/log-levels.ts'
export type { Transaction, TransactionOptions } from './primitives/transaction.ts'
export type { ErrorKind, ErrorReporter, LogRecord, ReportedRequest, ReporterOptions } from './reporting/contract.ts'
export type { ListMethod, RecordMethod, RecordOf, ResourceOptions } from './resource/define.ts'
export type { AnySchema, Fields, Input } from './schema/fields.ts'
export * as Type from './schema/type.ts'
export type { ServiceDatabase } from './service/database.ts'
export type { Watch, Watched, WatchedWork } from './service/observation/watch.ts'
export type { CliquetOptions } from './service/options.ts'
export type { Views } from './service/own-views.ts'
export { cliquet } from './service/plugin.ts'
export type { ListenOptions, Service, ServiceOptions } from './service/service.ts'
export { createService } from './service/service.ts'
export type { GivenSettings, Settings } from './service/settings.ts'
export type { StepChange } from './service/startup/modules.ts'
export type { PluginMigrations } from './service/startup/plugin-tables.ts'
export type { CliquetPlugin, PluginSettings } from './service/startup/plugins.ts'
export type { Parts, StartStep, StartUp } from './service/startup/step.ts'
export type {
  Collection,
  Condition,
  Page,
  Purge,
  Put,
  PutOutcome,
  Refused,
  Removal,
  RemovalOutcome,
  RemoveAllOutcome,
  ResourceDeclaration,
  Storage,
  StorageSession,
} from './storage/contract.ts'
export type { CollectionItem, DumpedCollection, DumpedRecord, DumpedTombstone, LoadOutcome, StorageItem } from './storage/dump.ts'
export type { Filter, Operator, Query, Sort, SortValue } from './storage/query.ts'
export type { StoredRecord, Tombstone } from './storage/record.ts'
export type { OpenSpan, SpanFacts, TracedRequest, Tracing } from './tracing/contract.ts'
export type { Capability, Probe } from './views/context.ts'
