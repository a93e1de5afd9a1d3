import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, type Result } from './result.ts'

const base: Result = {
  client: 'kcat',
  version: '1',
  case: 'acks',
  on: 'trilog',
  outcome: 'pass',
  note: 'all, 1, 0',
  varying: 'none seen twice',
  seconds: 1,
}
const kafka: Result = { ...base, on: 'kafka', varying: '3 seen twice', seconds: 2 }

test('results that agree differ in nothing, whatever took longer or may vary', () => {
  assert.deepEqual(differences([base, kafka]), [])
  assert.deepEqual(differences([base, { ...kafka, client: 'java-4', outcome: 'fail' }]), [])
})

test('another outcome and another finding are each named, with both sides', () => {
  assert.deepEqual(differences([base, { ...kafka, outcome: 'fail', note: 'not done' }]), [
    'kcat, acks: trilog: pass, all, 1, 0; kafka: fail, not done',
  ])
  assert.deepEqual(differences([base, { ...kafka, note: 'all, 1' }]), [
    'kcat, acks: trilog: pass, all, 1, 0; kafka: pass, all, 1',
  ])
})
