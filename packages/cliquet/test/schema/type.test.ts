import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnySchema, Fields, Input } from '../../src/schema/fields.ts'
import type { StandardSchema } from '../../src/schema/standard-schema.ts'
import * as Type from '../../src/schema/type.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const expectSame = <A, B>(_same: Same<A, B>): void => {}
const accept = <S extends AnySchema>(schema: S): S => schema

const bookmark = {
  url: Type.URL(),
  title: Type.Optional(Type.String()),
  device: Type.String({ default: '' }),
  added: Type.Timestamp({ auto: true }),
  read: Type.Timestamp(),
  state: Type.Enum(['new', 'read'], { default: 'new' }),
  note: Type.Union([Type.Null(), Type.String()], { default: null }),
  size: Type.Object({ width: Type.Integer({ default: 1 }), height: Type.Integer() }),
  tags: Type.Array(Type.String(), { default: [] }),
}

interface Bookmark {
  url: string
  title?: string
  device: string
  added: number
  read: number
  state: 'new' | 'read'
  note: string | null
  size: { width: number; height: number }
  tags: string[]
}

test('R5.33: a field with a default is always there after validation', () => {
  expectSame<{ [K in keyof Bookmark]: Bookmark[K] }, Fields<typeof bookmark>>(true)
  const typeObject = accept(Type.Object(bookmark))
  expectSame<Fields<typeof bookmark>, Fields<typeof typeObject>>(true)
})

test('R5.33: a field with a default may be left out by clients, at any depth', () => {
  const least: Input<typeof bookmark> = { url: 'https://example.com', read: 1, size: { height: 2 } }
  const all: Input<typeof bookmark> = {
    ...least,
    title: 'a',
    device: 'b',
    added: 1,
    state: 'read',
    note: null,
    tags: ['c'],
    size: { width: 1, height: 2 },
  }
  // @ts-expect-error url is required
  const withoutUrl: Input<typeof bookmark> = { read: 1, size: { height: 2 } }
  // @ts-expect-error height is required
  const withoutHeight: Input<typeof bookmark> = { url: 'https://example.com', read: 1, size: {} }
  // @ts-expect-error exactOptionalPropertyTypes: undefined is no text
  const undefinedTitle: Input<typeof bookmark> = { ...least, title: undefined }
  // @ts-expect-error the default of a number is no text
  const wrongType: Input<typeof bookmark> = { ...least, added: '1' }
  assert.equal([least, all, withoutUrl, withoutHeight, undefinedTitle, wrongType].length, 6)
})

test('fields and input of a library that follows Standard Schema are its own types', () => {
  type Library = StandardSchema<{ name?: string }, { name: string }>
  expectSame<{ name: string }, Fields<Library>>(true)
  expectSame<{ name?: string }, Input<Library>>(true)
  expectSame<object, Fields<Record<never, never>>>(true)
})

test('every overridden constructor remembers its default', () => {
  const schema = {
    a: Type.String({ default: 'x' }),
    b: Type.Number({ default: 1 }),
    c: Type.Integer({ default: 1 }),
    d: Type.Boolean({ default: false }),
    e: Type.Array(Type.String(), { default: [] }),
    f: Type.Object({ x: Type.String() }, { default: { x: 'a' } }),
    g: Type.Literal('a', { default: 'a' }),
    h: Type.Union([Type.String(), Type.Number()], { default: 1 }),
    i: Type.Enum(['a', 'b'], { default: 'a' }),
    j: Type.Any({ default: 1 }),
    k: Type.Unknown({ default: 1 }),
    l: Type.URL({ default: 'https://example.com' }),
    m: Type.Timestamp({ default: 1 }),
    n: Type.Timestamp({ auto: true }),
  }
  const empty: Input<typeof schema> = {}
  assert.deepEqual(empty, {})
  expectSame<string, Fields<typeof schema>['a']>(true)
  expectSame<'a' | 'b', Fields<typeof schema>['i']>(true)
  expectSame<string | number, Fields<typeof schema>['h']>(true)
})

test('the types of TypeBox are all there', () => {
  const schema = Type.Object({ id: Type.Record(Type.String(), Type.Tuple([Type.Number()])) })
  expectSame<{ id: Record<string, [number]> }, Type.Static<typeof schema>>(true)
  assert.equal(Type.IsObject(schema), true)
})
