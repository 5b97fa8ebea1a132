import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as cliquet from 'cliquet'
import * as evaluation from 'cliquet/storage/evaluation'
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
    'metricsConformance',
    'permissionConformance',
    'storageConformance',
  ])
})

test('the public names for storages that decide and search in memory are these', () => {
  assert.deepEqual(Object.keys(evaluation).sort(), [
    'countMatching',
    'createCollections',
    'createDraft',
    'fixedTimestamp',
    'itemText',
    'loadInto',
    'putInto',
    'removeAllFrom',
    'removeFrom',
    'select',
  ])
})
