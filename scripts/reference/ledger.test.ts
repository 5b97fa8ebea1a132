import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLedger, type Findings, type State } from './ledger.ts'

const noFindings = (): Findings => ({ lost: 0, backwards: 0, reused: 0, invented: 0, miscounted: 0 })

/** A ledger of a collection to which `a` was written as `one` at 10, and a write of `two` to it that nobody has answered. */
const ledgerWithPending = () => {
  const findings = noFindings()
  const ledger = createLedger(findings)
  ledger.send({ id: 'a', value: 'one' })
  ledger.acknowledge({ id: 'a', value: 'one' }, 'a', 10)
  ledger.send({ id: 'a', value: 'two' })
  return { findings, ledger }
}

const sight = (timestamp: number, states: Readonly<Record<string, State>>, total?: number) => ({
  timestamp,
  total: total ?? Object.values(states).filter(({ value }) => value !== null).length,
  states: new Map(Object.entries(states)),
})

test('an acknowledged write that is there, and a later one without answer, are both in order', () => {
  for (const state of [
    { stamp: 10, value: 'one' },
    { stamp: 11, value: 'two' },
  ]) {
    const { findings, ledger } = ledgerWithPending()
    ledger.compare(sight(11, { a: state }))
    assert.deepEqual(findings, noFindings())
  }
})

test('an acknowledged write is lost if its record is absent, older, changed by nobody or deleted by nobody', () => {
  const wrong: Record<string, State>[] = [
    {},
    { a: { stamp: 9, value: 'two' } },
    { a: { stamp: 11, value: 'three' } },
    { a: { stamp: 11, value: null } },
  ]
  for (const states of wrong) {
    const { findings, ledger } = ledgerWithPending()
    ledger.compare(sight(11, states))
    assert.equal(findings.lost, 1, JSON.stringify(states))
  }
})

test('a collection timestamp behind an acknowledged one or one seen before has gone back, and so has a new write', () => {
  const { findings, ledger } = ledgerWithPending()
  ledger.compare(sight(9, { a: { stamp: 10, value: 'one' } }))
  assert.equal(findings.backwards, 1)
  ledger.compare(sight(30, { a: { stamp: 10, value: 'one' } }))
  ledger.compare(sight(29, { a: { stamp: 10, value: 'one' } }))
  assert.equal(findings.backwards, 2)
  ledger.send({ id: 'a', value: 'late' })
  ledger.acknowledge({ id: 'a', value: 'late' }, 'a', 30)
  assert.equal(findings.backwards, 3)
})

test('two writes with one timestamp, a record from nowhere and a wrong total are told apart', () => {
  const { findings, ledger } = ledgerWithPending()
  ledger.send({ id: 'b', value: 'one' })
  ledger.acknowledge({ id: 'b', value: 'one' }, 'b', 10)
  const there = { a: { stamp: 10, value: 'one' }, b: { stamp: 10, value: 'one' }, c: { stamp: 12, value: 'who?' } }
  ledger.compare(sight(12, there, 2))
  assert.deepEqual(findings, { lost: 0, backwards: 0, reused: 1, invented: 1, miscounted: 1 })
})

test('a record whose id the service has chosen is known by its value; a refused write is not expected', () => {
  const { findings, ledger } = ledgerWithPending()
  ledger.send({ id: undefined, value: 'posted' })
  ledger.send({ id: 'd', value: 'refused' })
  ledger.refuse({ id: 'd', value: 'refused' })
  assert.equal(ledger.pending(), 2)
  ledger.compare(sight(12, { a: { stamp: 10, value: 'one' }, new: { stamp: 12, value: 'posted' }, d: { stamp: 11, value: 'refused' } }))
  assert.equal(findings.invented, 1)
})
