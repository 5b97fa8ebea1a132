import assert from 'node:assert/strict'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { fileWith, readBookmarks, refusal } from './settings-sources.ts'

/** The same settings in each format. */
const formats: Readonly<Record<string, readonly string[]>> = {
  'application.ini': [
    '[app:main]',
    'cliquet.http_api_version = 1.20',
    'cliquet.readonly = true',
    'cliquet.multiauth.policies = google basicauth',
    'multiauth.policy.google.client_id = 7',
    'bookmarks.paginate_by = 100',
    'eos = 2030-12-31',
    'book_create_principals =',
    '  system.Authenticated',
    '  group:a',
  ],
  'application.toml': [
    'eos = 2030-12-31',
    'book_create_principals = [ "system.Authenticated", "group:a" ]',
    'multiauth.policy.google.client_id = 7',
    '[cliquet]',
    'http_api_version = "1.20"',
    'readonly = true',
    '[cliquet.multiauth]',
    'policies = ["google", "basicauth"]',
    '[bookmarks]',
    'paginate_by = 100',
  ],
  'application.yaml': [
    'cliquet: { http_api_version: 1.20, readonly: true, multiauth: { policies: [google, basicauth] } }',
    'multiauth.policy.google.client_id: 7',
    'bookmarks:',
    '  paginate_by: 100',
    'eos: 2030-12-31',
    'backoff:',
    'book_create_principals: &those',
    '  - system.Authenticated',
    '  - group:a',
  ],
  'application.json': [
    '{ "cliquet": { "http_api_version": "1.20", "readonly": true, "multiauth": { "policies": ["google", "basicauth"] } },',
    '  "multiauth": { "policy": { "google": { "client_id": 7 } } },',
    '  "bookmarks.paginate_by": 100, "eos": "2030-12-31", "backoff": null,',
    '  "book_create_principals": ["system.Authenticated", "group:a"] }',
  ],
}

for (const [name, lines] of Object.entries(formats)) {
  test(`${name} says what the other formats say`, () => {
    const settings = readBookmarks({ config: fileWith(name, ...lines) })
    const { httpApiVersion, readonly, multiauthPolicies, paginateBy, eos, backoff } = settings
    assert.deepEqual([httpApiVersion, readonly, multiauthPolicies, paginateBy], ['1.20', true, ['google', 'basicauth'], 100])
    assert.deepEqual([eos?.slice(0, 10), backoff], ['2030-12-31', undefined])
    assert.deepEqual(settings.granted.get('book_create_principals'), ['system.Authenticated', 'group:a'])
    assert.equal(settings.ofPolicies.get('multiauth.policy.google.client_id'), '7')
  })
}

const refused: { name: string; lines: readonly string[]; message: string }[] = [
  {
    name: 'a.toml',
    lines: ['[other]', 'storage_ur = 1', '[cliquet]', 'readonly = true', 'storage_ur = "hush"'],
    message: 'a.toml:5: unknown setting "cliquet.storage_ur": did you mean "cliquet.storage_url"?',
  },
  { name: 'a.toml', lines: ['', 'backoff = "soon"'], message: 'a.toml:2: setting "backoff" must be a whole number not below 0' },
  {
    name: 'a.toml',
    lines: ['http_api_version = 1.20'],
    message: 'a.toml:1: setting "http_api_version" must be a text, in quotes where 1.20 would be the number 1.2',
  },
  { name: 'a.toml', lines: ['cliquet = { readonly = 7 }'], message: 'a.toml:1: setting "cliquet.readonly" must be true or false' },
  { name: 'a.toml', lines: ['a = 1', 'secret = hush'], message: 'a.toml:2: this is not valid TOML' },
  {
    name: 'a.yaml',
    lines: ['# yes', 'cliquet:', '  storage_ur: hush'],
    message: 'a.yaml:3: unknown setting "cliquet.storage_ur": did you mean "cliquet.storage_url"?',
  },
  { name: 'a.yml', lines: ['readonly: maybe'], message: 'a.yml:1: setting "readonly" must be true or false' },
  { name: 'a.yaml', lines: ['a: 1', 'a: hush'], message: 'a.yaml:2: this is not valid YAML: duplicate key' },
  { name: 'a.yaml', lines: ['- hush'], message: 'a.yaml:1: this is no table of settings' },
  { name: 'a.yaml', lines: ['cors_origins: [{ hush: 1 }]'], message: 'a.yaml:1: setting "cors_origins" must be a list of words' },
  {
    name: 'a.json',
    lines: ['{', '"paginate_by": 1,', '"cliquet": {', '"storage_ur": "hush" } }'],
    message: 'a.json:4: unknown setting "cliquet.storage_ur": did you mean "cliquet.storage_url"?',
  },
  { name: 'a.json', lines: ['{', '"paginate_by": []}'], message: 'a.json:2: setting "paginate_by" must be a whole number not below 1' },
  { name: 'a.json', lines: ['{', '"userid_hmac_secret":', 'hush }'], message: 'a.json:3: this is not valid JSON' },
  { name: 'a.json', lines: ['{', '"a": "hush",', '}'], message: 'a.json:3: this is not valid JSON' },
  { name: 'a.json', lines: ['{ "a": "hush"', '', '"b": 2 }'], message: 'a.json:3: this is not valid JSON' },
  { name: 'a.json', lines: ['["hush"]'], message: 'a.json:1: this is no table of settings' },
]

for (const { name, lines, message } of refused) {
  test(`${name} is refused with file and line, and without what stands there: ${lines.join(' ⏎ ')}`, () => {
    const config = fileWith(name, ...lines)
    assert.equal(refusal({ config }).replace(`${dirname(config)}/`, ''), message)
  })
}

test('A configuration file that is not there, or of an unknown format, is an error that says who named it', () => {
  const file = fileWith('application.txt')
  assert.match(
    refusal({ config: file }),
    /^option "config": the name of a configuration file ends in \.ini, \.toml, \.yaml, \.yml, \.json$/,
  )
  assert.match(refusal({ config: 'nowhere.ini' }), /^option "config": the configuration file nowhere\.ini can't be read: ENOENT/)
  assert.match(
    refusal({ environment: { CLIQUET_CONFIG: 'nowhere.yaml' } }),
    /^environment variable CLIQUET_CONFIG: the configuration file nowhere\.yaml can't be read/,
  )
})

test('An empty file says nothing', () => {
  for (const [name, content] of [
    ['a.ini', ''],
    ['a.toml', ''],
    ['a.yaml', '# nothing'],
    ['a.json', '{}'],
  ] as const) {
    const { configFile, ...settings } = readBookmarks({ config: fileWith(name, content) })
    const { configFile: none, ...defaults } = readBookmarks()
    assert.deepEqual([configFile?.path, none, settings], [name, undefined, defaults])
  }
})
