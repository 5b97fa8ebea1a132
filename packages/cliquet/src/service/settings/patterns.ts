import { flag, generatorModule, integer, type Kind, list } from './kinds.ts'

/** Settings whose names hold the name of a resource. */
export interface SettingPattern {
  readonly pattern: RegExp
  /** How the name ends, for advice on a mistyped one. */
  readonly ending: string
  readonly shape: string
  readonly kind: Kind<unknown>
  readonly summary: string
}

/** Settings of resources: what the name looks like, and the kind of value. The resource is written in any case, with - or _. */
export const settingPatterns: readonly SettingPattern[] = [
  {
    pattern: /^(.+)_([a-z]+)_principals$/i,
    ending: '_principals',
    shape: '{resource}_{permission}_principals',
    kind: list,
    summary: 'Principals who have that permission on the whole resource: read, write, create or one of its own.',
  },
  {
    pattern: /^(.+)_cache_expires_seconds$/i,
    ending: '_cache_expires_seconds',
    shape: '{resource}_cache_expires_seconds',
    kind: integer(0),
    summary: 'How long anonymous answers may be cached, s; 0: not at all.',
  },
  {
    pattern: /^(plural|collection|object|record)_(.+)_(get|head|post|put|patch|delete)_enabled$/i,
    ending: '_enabled',
    shape: '{plural|object}_{resource}_{method}_enabled',
    kind: flag,
    summary: 'Whether a list (`plural`) or a record (`object`) of that resource has that method. `collection` and `record` are the same.',
  },
  {
    pattern: /^(.+)_id_generator$/i,
    ending: '_id_generator',
    shape: '{resource}_id_generator',
    kind: generatorModule,
    summary: 'Module that makes the ids of its records, also if it has a generator in code. In code: `idGenerator` of the resource.',
  },
]

/** Settings of things that another setting lists by name: `multiauth.policy.google.issuer` of the policy `google`. */
export interface SettingFamily {
  /** Before the name. */
  readonly prefix: string
  /** The setting that lists the names. */
  readonly members: 'multiauth.policies' | 'includes' | 'event_listeners'
  readonly shape: string
  readonly summary: string
  /** As of a setting. */
  readonly planned?: boolean
}

/** Every family. */
export const settingFamilies: readonly SettingFamily[] = [
  {
    prefix: 'multiauth.policy.',
    members: 'multiauth.policies',
    shape: 'multiauth.policy.{name}.{option}',
    summary: 'Option of an authentication policy: `use`, its module, and what the module knows.',
  },
  {
    prefix: 'plugin.',
    members: 'includes',
    shape: 'plugin.{name}.{option}',
    summary: 'Option of a plugin, by the last word of its module: what the plugin knows.',
  },
  {
    prefix: 'event_listeners.',
    members: 'event_listeners',
    shape: 'event_listeners.{name}.{option}',
    summary: 'Option of a listener: `use`, its module, `actions`, `resources`, and what the module knows.',
  },
]

/** The name of a resource's setting as it is kept: in lower case, with _ for -, `plural` and `object` for `collection` and `record`. */
export const resourceKey = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll('-', '_')
    .replace(/^collection_(?=.+_enabled$)/, 'plural_')
    .replace(/^record_(?=.+_enabled$)/, 'object_')
