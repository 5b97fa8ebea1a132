import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Settings } from '../../src/service/settings.ts'
import { fileWith, readBookmarks, refusal } from './settings-sources.ts'

const ini = (...lines: readonly string[]): string => fileWith('application.ini', ...lines)

/** The message without the folder of the file. */
const refused = (config: string): string => refusal({ config }).replaceAll(`${dirname(config)}/`, '')

const accepted: { title: string; lines: string[]; expected: Partial<Settings> }[] = [
  {
    title: 'keys may have our prefix, that of the service, or none',
    lines: ['[app:main]', 'use = egg:bookmarks', 'cliquet.paginate_by = 3', 'bookmarks.backoff=4', 'eos_message: 5 = 5'],
    expected: { paginateBy: 3, backoff: 4, eosMessage: '5 = 5' },
  },
  {
    title: 'a value goes on in lines that are indented deeper than its key, comments and empty lines aside',
    lines: [
      '[app:main]',
      'cors_origins =',
      '    https://a.example',
      '',
      '  # not this',
      '    ; nor this',
      '\thttps://b.example',
      'backoff = 1',
    ],
    expected: { corsOrigins: ['https://a.example', 'https://b.example'], backoff: 1 },
  },
  {
    title: 'keys that are all indented are keys',
    lines: ['[app:main]', '  backoff = 1', '  paginate_by = 2'],
    expected: { backoff: 1, paginateBy: 2 },
  },
  {
    title: 'comments have a line of their own, and a # in a value is part of it',
    lines: ['# a', '; b', '[app:main]', 'eos_message = a # b ; c'],
    expected: { eosMessage: 'a # b ; c' },
  },
  {
    title: 'names are interpolated from the section and from [DEFAULT]; %% is a percent sign, and so is one that begins no name',
    lines: [
      '[DEFAULT]',
      'host_name = db.example',
      'database = books',
      'backoff = 77',
      '[app:main]',
      'storage_url = postgres://u:p%%40%41@%(host_name)s/%(database)s',
    ],
    expected: { storageUrl: 'postgres://u:p%40%41@db.example/books', backoff: undefined },
  },
  {
    title: 'quotes around a whole value are not part of it, as in the original',
    lines: ['[app:main]', 'eos_message = "in quotes"', "project_docs = 'too'", 'cors_origins = ["a", "b"]'],
    expected: { eosMessage: 'in quotes', projectDocs: 'too', corsOrigins: ['a', 'b'] },
  },
  {
    title: 'host and port of [server:main] are taken, other sections are others’',
    lines: [
      '[app:main]',
      '[server:main]',
      'use = egg:waitress#main',
      'threads = 4',
      'host = 0.0.0.0',
      'port = 6543',
      '[loggers]',
      'keys = root',
      '[formatter_x]',
      'format = %(asctime)s',
    ],
    expected: { host: '0.0.0.0', port: 6543 },
  },
  {
    title: 'a file without sections is one of settings, and Windows line ends and a byte order mark do no harm',
    lines: ['\ufeffcliquet.backoff = 5\r', 'paginate_by = 6\r'],
    expected: { backoff: 5, paginateBy: 6 },
  },
  {
    title: 'the only [app:…] is the one',
    lines: ['[app:bookmarks]', 'backoff = 5', '[pipeline:main]', 'pipeline = newrelic bookmarks'],
    expected: { backoff: 5 },
  },
  {
    title: 'use = NAME takes over another section, which those here replace',
    lines: ['[app:main]', 'use = base', 'backoff = 1', '[app:base]', 'backoff = 2', 'paginate_by = 2', 'unknown.x = 3'],
    expected: { backoff: 1, paginateBy: 2 },
  },
  {
    title: 'other people’s dotted names are left alone',
    lines: ['[app:main]', 'pyramid.debug_all = true', 'mail.port = 25', 'fxa-oauth.cache_ttl_seconds = 1', 'filter-with = proxy'],
    expected: { port: 8000 },
  },
  {
    title: 'an empty value is none, and for a list the empty one',
    lines: ['[app:main]', 'backoff =', 'eos =', 'statsd_url =', 'cors_origins =', 'project_docs ='],
    expected: { backoff: undefined, eos: undefined, statsdUrl: undefined, corsOrigins: [], projectDocs: '' },
  },
  {
    title: 'the name of the project and settings_prefix are prefixes too, as in the original',
    lines: ['[app:main]', 'cliquet.project_name = shelf', 'shelf.backoff = 1', 'settings_prefix = kinto', 'kinto.paginate_by = 2'],
    expected: { backoff: 1, paginateBy: 2, projectName: 'shelf' },
  },
  {
    title: 'the same said twice in different forms is accepted',
    lines: ['[app:main]', 'cliquet.backoff = 1', 'bookmarks.backoff = 01'],
    expected: { backoff: 1 },
  },
]

for (const { title, lines, expected } of accepted) {
  test(`In an .ini, ${title}`, () => {
    const settings = readBookmarks({ config: ini(...lines) })
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, settings[key as keyof Settings]])), expected) // keys of expected are keys of Settings
  })
}

test('%(here)s is the folder of the file, a percent sign in it included', () => {
  const folder = join(dirname(ini()), '50%(here)s')
  mkdirSync(folder)
  const path = join(folder, 'application.ini')
  writeFileSync(path, '[DEFAULT]\ndata = %(here)s/data\n[app:main]\nstorage_url = %(data)s/x.sqlite\n')
  assert.equal(readBookmarks({ config: path }).storageUrl, join(folder, 'data', 'x.sqlite'))
})

test('use = config:FILE takes over another file, found from the folder of the first, and its errors name it', () => {
  const base = ini('[app:main]', 'backoff = 2', 'paginate_by = 2', '[app:other]', 'backoff = 3')
  const from = (use: string): string => {
    const path = join(dirname(base), `from-${use.length}.ini`)
    writeFileSync(path, `[app:main]\nuse = config:${use}\npaginate_by = 1\n`)
    return path
  }
  const first = readBookmarks({ config: from('application.ini') })
  assert.deepEqual([first.backoff, first.paginateBy], [2, 1])
  assert.equal(readBookmarks({ config: from('application.ini#other') }).backoff, 3)
  const message = refusal({ config: from('nowhere-at-all.ini') })
  assert.match(message, /from-18\.ini:2: use = config:nowhere-at-all\.ini: ENOENT/)
})

test('FILE#NAME names another section', () => {
  const path = ini('[app:main]', 'backoff = 1', '[app:staging]', 'use = main', 'paginate_by = 2')
  const settings = readBookmarks({ config: `${path}#staging` })
  assert.deepEqual([settings.backoff, settings.paginateBy], [1, 2])
})

const malformed: { title: string; lines: string[]; message: string | RegExp }[] = [
  {
    title: 'an unknown key names the line and the nearest key, with the prefix as written',
    lines: ['[app:main]', '', 'cliquet.storage_ur = x'],
    message: 'application.ini:3: unknown setting "cliquet.storage_ur": did you mean "cliquet.storage_url"?',
  },
  {
    title: 'an unknown key with the prefix of the service does too',
    lines: ['[app:main]', 'bookmarks.readnoly = true'],
    message: 'application.ini:2: unknown setting "bookmarks.readnoly": did you mean "bookmarks.readonly"?',
  },
  {
    title: 'an unknown bare key does too',
    lines: ['[app:main]', 'paginate_bye = 3'],
    message: 'application.ini:2: unknown setting "paginate_bye": did you mean "paginate_by"?',
  },
  {
    title: 'a mistyped prefix is found by the key behind it',
    lines: ['[app:main]', 'cliqeut.storage_url = x'],
    message: 'application.ini:2: unknown setting "cliqeut.storage_url": did you mean "cliquet.storage_url"?',
  },
  {
    title: 'the prefix of Kinto is not overlooked',
    lines: ['[app:main]', 'kinto.storage_url = x'],
    message: 'application.ini:2: unknown setting "kinto.storage_url": did you mean "cliquet.storage_url"?',
  },
  {
    title: 'a mistyped setting of a resource names the right ending',
    lines: ['[app:main]', 'book_create_principal = x'],
    message: 'application.ini:2: unknown setting "book_create_principal": did you mean "book_create_principals"?',
  },
  {
    title: 'a malformed value names the line, and what it must be',
    lines: ['[app:main]', 'cliquet.paginate_by = many'],
    message: 'application.ini:2: setting "cliquet.paginate_by" must be a whole number not below 1',
  },
  {
    title: 'two forms of a key may not say different things',
    lines: ['[app:main]', 'cliquet.backoff = 1', 'backoff = 2'],
    message: 'application.ini:3: setting "backoff" says otherwise than application.ini:2: setting "cliquet.backoff": both are "backoff"',
  },
  {
    title: 'a module of the original is an error that names ours',
    lines: ['[app:main]', 'cliquet.storage_backend = cliquet.storage.redis'],
    message:
      'application.ini:2: setting "cliquet.storage_backend": cliquet.storage.redis is a module of the original, here it is cliquet/storage/redis',
  },
  {
    title: 'a module of kinto.core too',
    lines: ['[app:main]', 'cache_backend = kinto.core.cache.memcached'],
    message: /here it is cliquet\/cache\/memcached$/,
  },
  {
    title: 'a module of kinto_redis too',
    lines: ['[app:main]', 'permission_backend = kinto_redis.permission'],
    message: /here it is cliquet\/permission\/redis$/,
  },
  {
    title: 'a setting of the original whose meaning would be lost is an error that says what to do',
    lines: ['[app:main]', 'multiauth.authorization_policy = a.b.C'],
    message: 'application.ini:2: setting "multiauth.authorization_policy" is of the original: give createService an `authorization`',
  },
  {
    title: 'a key that is there twice',
    lines: ['[app:main]', 'backoff = 1', 'backoff = 1'],
    message: 'application.ini:3: "backoff" is there twice, first in line 2',
  },
  {
    title: 'a section that is there twice',
    lines: ['[app:main]', '[app:main]'],
    message: 'application.ini:2: the section [app:main] is there twice',
  },
  {
    title: 'a line that is neither',
    lines: ['[app:main]', 'hush'],
    message: 'application.ini:2: this is neither a section nor NAME = VALUE',
  },
  {
    title: 'a line without a name',
    lines: ['[app:main]', '= hush'],
    message: 'application.ini:2: this is neither a section nor NAME = VALUE',
  },
  {
    title: 'keys before the section',
    lines: ['backoff = 1', '[app:main]'],
    message: 'application.ini:1: this stands before the first section',
  },
  {
    title: 'a name that is not known in a value',
    lines: ['[app:main]', 'storage_url = %(hre)s/x'],
    message: 'application.ini:2: setting "storage_url": %(hre)s is not known: did you mean %(here)s?',
  },
  {
    title: 'a value that names itself',
    lines: ['[app:main]', 'eos_url = %(project_docs)s', 'project_docs = %(eos_url)s'],
    message: /application\.ini:[23]: setting "\w+": %\(\w+\)s names itself$/,
  },
  {
    title: 'a default that names itself',
    lines: ['[DEFAULT]', 'a = %(b)s', 'b = %(a)s', '[app:main]', 'eos_url = %(a)s'],
    message: /application\.ini:[23]: setting "[ab]": %\([ab]\)s names itself$/,
  },
  {
    title: 'a section that is not there',
    lines: ['[app:one]', '[app:two]'],
    message: 'application.ini has no section [app:main], but [app:one], [app:two]',
  },
  { title: 'no section of ours', lines: ['[uwsgi]', 'x = 1'], message: 'application.ini has no section [app:main], but [uwsgi]' },
  {
    title: 'a section that uses itself',
    lines: ['[app:main]', 'use = main'],
    message: /application\.ini:2: use = main: .*\[app:main\] uses itself$/,
  },
]

for (const { title, lines, message } of malformed) {
  test(`An .ini is refused: ${title}`, () => {
    const found = refused(ini(...lines))
    if (typeof message === 'string') assert.equal(found, message)
    else assert.match(found, message)
    assert.ok(!found.includes('hush'))
  })
}

test('R2.2: what hello tells of the file is its name without folders, its hash and its date', () => {
  const path = ini('[app:main]')
  const { configFile } = readBookmarks({ config: path })
  assert.equal(configFile?.path, basename(path))
  assert.match(configFile?.hash ?? '', /^[0-9a-f]{64}$/)
  assert.equal(new Date(configFile?.modified ?? '').toISOString(), configFile?.modified)
  assert.equal(readBookmarks().configFile, undefined)
})
