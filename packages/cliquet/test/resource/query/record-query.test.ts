import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InvalidParameters } from '../../../src/errors/invalid-parameters.ts'
import { parseObject } from '../../../src/primitives/json.ts'
import { parseQueryString } from '../../../src/resource/query/query-string.ts'
import { parseTombstoneTimestamp, permittedRecordQuery } from '../../../src/resource/query/record-query.ts'
import { selectFields } from '../../../src/resource/query/selection.ts'

const meta = '"id":"a1","last_modified":5'

const selections: [what: string, fields: string, record: string, selected: string][] = [
  ['named fields stay, always with id and last_modified', 'title', `{${meta},"title":"A","url":"B"}`, `{${meta},"title":"A"}`],
  ['absent fields are skipped', 'nope', `{${meta},"title":"A"}`, `{${meta}}`],
  ['tombstones keep deleted', 'title', `{${meta},"deleted":true}`, `{${meta},"deleted":true}`],
  ['nested names keep that part', 'a.b', `{${meta},"a":{"b":1,"c":2}}`, `{${meta},"a":{"b":1}}`],
  ['names under one parent merge', 'a.b,a.d', `{${meta},"a":{"b":1,"c":2,"d":3}}`, `{${meta},"a":{"b":1,"d":3}}`],
  ['a parent named whole wins', 'a.b,a', `{${meta},"a":{"b":1,"c":2}}`, `{${meta},"a":{"b":1,"c":2}}`],
  ['a name below a scalar keeps it', 'a.b', `{${meta},"a":5}`, `{${meta},"a":5}`],
  ['a name below null keeps it', 'a.b', `{${meta},"a":null}`, `{${meta},"a":null}`],
  ['a name below an array keeps it', 'a.0', `{${meta},"a":[{"b":1}]}`, `{${meta},"a":[{"b":1}]}`],
  ['an object on the path stays, empty if need be', 'a.b', `{${meta},"a":{"c":1}}`, `{${meta},"a":{}}`],
  ['R7.6: a literal dotted key is found', 'x.y', `{${meta},"x.y":1,"x":{"y":2}}`, `{${meta},"x.y":1}`],
  ['R7.6: the longest prefix is found', 'a.b.c', `{${meta},"a.b":{"c":1,"d":2},"a":{"b":{"c":3}}}`, `{${meta},"a.b":{"c":1}}`],
  ['a key __proto__ is a key', '__proto__.x', `{${meta},"__proto__":{"x":1,"y":2}}`, `{${meta},"__proto__":{"x":1}}`],
  ['names of inherited properties are absent', 'constructor,toString.name,__proto__', `{${meta}}`, `{${meta}}`],
]

describe('_fields', () => {
  for (const [what, fields, record, selected] of selections) {
    it(`R8.14: ${what}`, () => {
      const result = selectFields(parseObject(record), fields.split(','))
      assert.equal(JSON.stringify(result), selected)
      assert.equal(Object.getPrototypeOf(result), Object.prototype)
    })
  }

  it('R8.14: is all that counts in the query string of a record', () => {
    assert.deepEqual(permittedRecordQuery(parseQueryString('_fields=a,b.c&_since=x&_limit=y&z=1'), { knownField: () => true }), {
      fields: ['a', 'b.c'],
    })
    assert.deepEqual(permittedRecordQuery([], { knownField: () => true }), { fields: undefined })
  })

  it('R8.15: names all unknown roots', () => {
    assert.throws(() => permittedRecordQuery(parseQueryString('_fields=zz.x,title,id,aa,zz'), { knownField: (root) => root === 'title' }), {
      message: 'Invalid _fields parameter in body: Fields aa,zz do not exist',
    })
  })
})

describe('the timestamp of a deletion', () => {
  for (const [text, timestamp] of [
    ['', undefined],
    ['last_modified=5', 5],
    ['last_modified="5"', 5],
    ['last_modified=-5', undefined],
  ] as const) {
    it(`R5.31: ${text || 'none'} is understood`, () => assert.equal(parseTombstoneTimestamp(parseQueryString(text)), timestamp))
  }
  for (const text of ['last_modified=abc', 'last_modified=', 'last_modified=1.5', 'last_modified=9007199254740993']) {
    it(`R5.31: ${text} is refused`, () => {
      assert.throws(
        () => parseTombstoneTimestamp(parseQueryString(text)),
        (error) => error instanceof InvalidParameters && error.faults[0]?.name === 'last_modified',
      )
    })
  }
})

describe('faults', () => {
  it('R3.5: are sorted by name as text, null as None', () => {
    const fault = (name: string | null) => ({ location: 'body', name, description: 'x' }) as const
    const error = new InvalidParameters([fault('data.b'), fault(null), fault('Age'), fault('')])
    assert.deepEqual(
      error.faults.map(({ name }) => name),
      ['', 'Age', null, 'data.b'],
    )
  })
  for (const [name, description, message] of [
    ['data', 'data is missing', 'data is missing'],
    ['', 'Invalid JSON: x', 'Invalid JSON: x'],
    [null, 'Invalid object id', 'body: Invalid object id'],
    ['data.name', 'Required', 'data.name in body: Required'],
  ] as const) {
    it(`R3.6: the message of ${JSON.stringify(name)} is ${JSON.stringify(message)}`, () => {
      assert.equal(new InvalidParameters([{ location: 'body', name, description }]).message, message)
    })
  }
})
