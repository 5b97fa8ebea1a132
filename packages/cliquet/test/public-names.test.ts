import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cliquet from 'cliquet'
import * as testing from 'cliquet/testing'

test('the public names are these', () => {
  assert.deepEqual(Object.keys(cliquet).sort(), [
    'AUTHENTICATED',
    'BackendError',
    'ConfigurationError',
    'EVERYONE',
    'GENERIC_ID',
    'HttpError',
    'InvalidParameters',
    'Type',
    'cliquet',
    'createService',
    'defineIdGenerator',
    'storedText',
    'uuidGenerator',
  ])
})

test('the public names of the test kit are these', () => {
  assert.deepEqual(Object.keys(testing).sort(), [
    'cacheConformance',
    'createHeldClock',
    'jointConformance',
    'permissionConformance',
    'storageConformance',
  ])
})
