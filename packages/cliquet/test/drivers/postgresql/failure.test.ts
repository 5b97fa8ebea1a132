import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backendError, leavesConnection, sqlState } from '../../../src/drivers/postgresql/failure.ts'

const failure = (code: string): Error => Object.assign(new Error('it failed'), { code })

test('S30: a connection is used again after errors of a statement, not after those that end it', () => {
  for (const code of ['57014', '53100', '23505', '40001', '42P01', 'P0001']) assert.ok(leavesConnection(failure(code)), code)
  for (const code of ['08006', '57P01', '57P03', '25P03', '25P04', 'XX000']) assert.ok(!leavesConnection(failure(code)), code)
})

test('Codes of the system are none of PostgreSQL, also those of five letters', () => {
  for (const code of ['EPIPE', 'EBUSY', 'ECONNRESET']) {
    assert.equal(sqlState(failure(code)), undefined)
    assert.ok(!leavesConnection(failure(code)), code)
  }
  assert.equal(sqlState(failure('HV000')), 'HV000')
})

test('Of a host with several addresses the message says what became of each', () => {
  const error = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect ECONNREFUSED 127.0.0.1:5432')])
  const { message, cause } = backendError('localhost:5432/db', Object.assign(error, { code: 'ECONNREFUSED' }))
  assert.equal(message, 'PostgreSQL localhost:5432/db: connect ECONNREFUSED ::1:5432, connect ECONNREFUSED 127.0.0.1:5432')
  assert.equal(cause, error)
})
