import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { indexKey } from '../../../src/drivers/postgresql/index-key.ts'
import { arrayLiteral, identifier, quoted } from '../../../src/drivers/postgresql/statement.ts'
import { postgresUrl, skipWithout } from '../../servers/server-urls.ts'
import { firstValue, openDatabase } from './opened-database.ts'

const url = postgresUrl ?? ''
const odd = [
  '',
  ' ',
  "it's",
  "''",
  '"q"',
  'back\\slash',
  "\\'",
  '\\',
  'a,b',
  '{x}',
  'null',
  'NULL',
  '$1',
  '50%',
  'line\nbreak',
  'tab\t',
  'é',
  '😀',
  '\u0001',
]

describe('PostgreSQL', { skip: skipWithout(postgresUrl, 'PostgreSQL') }, () => {
  it('a quoted text is that text, whatever characters it has', async (t) => {
    const database = openDatabase(t, url)
    for (const strings of ['on', 'off']) {
      await database.atomically(async (transaction) => {
        await transaction.query({ text: `set local standard_conforming_strings=${strings}` })
        for (const text of odd) assert.equal(await firstValue(transaction, `select ${quoted(text)}`), text)
      })
    }
  })

  it('an identifier is that name, whatever characters it has', async (t) => {
    const database = openDatabase(t, url)
    for (const name of odd.filter((text) => text !== '')) {
      assert.equal(
        await firstValue(database, `select to_json(t)::text from (select 1 as ${identifier(name)}) t`),
        `{${JSON.stringify(name)}:1}`,
      )
    }
  })

  it('an array is read as it was', async (t) => {
    const database = openDatabase(t, url)
    const read = async (items: readonly (string | number | null)[], type: string) => {
      const [row] = await database.query({ text: `select to_json($1::${type})::text`, values: [arrayLiteral(items)] })
      return JSON.parse(String(row?.[0]))
    }
    assert.deepEqual(await read(odd, 'text[]'), odd)
    assert.deepEqual(await read([], 'text[]'), [])
    assert.deepEqual(await read([null, 'null', ''], 'text[]'), [null, 'null', ''])
    assert.deepEqual(await read([0, -1, 1_700_000_000_000, null], 'bigint[]'), [0, -1, 1_700_000_000_000, null])
  })

  it('S2: a value is bound, and read, as the text that PostgreSQL writes', async (t) => {
    const database = openDatabase(t, url)
    const text = 'select $1::text,$2::bigint,$3::boolean,$4::jsonb,$5::text,array[1,2],now() is not null'
    const [row] = await database.query({ text, values: ["it's", 9_007_199_254_740_991, true, '{"a": 1}', null] })
    assert.deepEqual(row, ["it's", '9007199254740991', 't', '{"a": 1}', null, '{1,2}', 't'])
  })

  it('an index key is the same for the same text only, and fits an index', async (t) => {
    const database = openDatabase(t, url)
    const texts = [
      ...odd,
      'k'.repeat(255),
      'k'.repeat(256),
      'é'.repeat(127),
      'é'.repeat(128),
      'nul\0',
      '\ud800',
      '\udfff',
      '\ufffd',
      '\u0001x',
    ]
    const keys = texts.map(indexKey)
    const hashes = keys.filter((key, place) => key !== texts[place])
    assert.equal(hashes.length, 7)
    assert.equal(new Set([...keys, ...hashes.map(indexKey)]).size, texts.length + hashes.length, 'the key of a key is another, too')
    for (const key of keys) {
      assert.ok(Buffer.byteLength(key) <= 255)
      assert.equal((await database.query({ text: 'select $1::text', values: [key] }))[0]?.[0], key)
    }
  })
})
