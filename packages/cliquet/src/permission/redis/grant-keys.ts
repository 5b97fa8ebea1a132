import { literal, type RedisDatabase } from '../../drivers/redis/database.ts'
import type { Finding } from '../../drivers/redis/finding.ts'
import type { ObjectRef } from '../contract.ts'

/** A grant as it is kept: see `stepsLua`. */
export const grantText = (permission: string, principal: string): string => JSON.stringify([permission, principal])

/** What all grants of a permission begin with, and no other. */
export const grantStart = (permission: string): string => `[${JSON.stringify(permission)},`

/** What the keys of the grants under a parent begin with. */
export const grantBase = (database: RedisDatabase, parentId: string): string => `${database.keysOf('parent', parentId)}p:`

/** The set of an object's grants. */
export const objectKey = (database: RedisDatabase, { parentId, uri }: ObjectRef): string => `${grantBase(database, parentId)}o:${uri}`

/** The sorted set of the URIs with grants under a parent. */
export const urisKey = (database: RedisDatabase, parentId: string): string => `${grantBase(database, parentId)}u`

/** The set of the ids below a container that have a grant. */
export const indexKey = (database: RedisDatabase, { parentId, uri }: ObjectRef, grant: string): string =>
  `${grantBase(database, parentId)}i:${Buffer.byteLength(uri)}:${uri}${grant}`

/** The URIs that this one lies below, the nearest first. */
export function ancestorsOf(uri: string): readonly string[] {
  const ancestors: string[] = []
  for (let slash = uri.lastIndexOf('/'); slash > 0; slash = uri.lastIndexOf('/', slash - 1)) ancestors.push(uri.slice(0, slash))
  return ancestors
}

/** The set of the parents under which something lies below that URI. */
export const parentsKey = (database: RedisDatabase, uri: string): string => `${database.keysOf('uri', uri)}parents`

/** Where an object must be found, so that it goes with whatever it lies below (P7). */
export const findingsOf = (database: RedisDatabase, { parentId, uri }: ObjectRef): readonly Finding[] =>
  ancestorsOf(uri).map((ancestor) => ({ key: parentsKey(database, ancestor), member: parentId }))

/** The sets of the principals that a user has, and of the users that have a principal. */
export const userKeys = {
  principalsOf: (database: RedisDatabase, userId: string): string => `${database.keysOf('user', userId)}principals`,
  usersOf: (database: RedisDatabase, principal: string): string => `${database.keysOf('principal', principal)}users`,
}

/** Patterns of the keys of this backend, and of no other. */
export const permissionKeys = ({ start }: RedisDatabase): readonly string[] =>
  ['{=*}:p:*', '{@*}:principals', '{&*}:users', '{~*}:parents'].map((part) => `${literal(start)}${part}`)
