import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { skipWithout } from './server-urls.ts'

function setCi(t: TestContext, value: string): void {
  const { CI } = process.env
  process.env.CI = value
  t.after(() => {
    if (CI === undefined) delete process.env.CI
    else process.env.CI = CI
  })
}

test('with a server nothing is skipped, without one the reason says how to get it', (t) => {
  setCi(t, '')
  assert.equal(skipWithout('redis://127.0.0.1:1/0', 'Redis'), false)
  assert.equal(skipWithout(undefined, 'Redis'), 'no Redis: run it by `npm test`, which starts one, or set CLIQUET_TEST_REDIS_URL')
  assert.equal(skipWithout(undefined, 'Citus'), 'no Citus: set CLIQUET_TEST_CITUS_URL')
})

test('with CI=true no server but Citus may be missing', (t) => {
  setCi(t, 'true')
  assert.throws(() => skipWithout(undefined, 'PostgreSQL'), /^ConfigurationError: no PostgreSQL: /)
  assert.equal(skipWithout('memcached://127.0.0.1:1', 'Memcached'), false)
  assert.match(String(skipWithout(undefined, 'Citus')), /^no Citus/)
})
