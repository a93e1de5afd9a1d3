import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllersAskedFor, planIn } from './cluster-plan.ts'

const ports = { kafka: 1_000, http: 2_000, peer: 1_020 }

test('a third voter beside two brokers was not asked for', () => {
  const plan = { clusterId: 'A', brokers: [ports, ports], controllers: [{ peer: 1_060 }] }
  assert.equal(controllersAskedFor({ ...plan, voters: [101], backups: 1 }), 1)
  assert.equal(controllersAskedFor({ ...plan, voters: [1, 2, 101], backups: 1 }), 0)
})

test('a plan is read as it was written, also that of a release with one broker, and nothing else', () => {
  const plan = { clusterId: 'A', brokers: [ports], controllers: [{ peer: 1_060 }], voters: [101], backups: 2 }
  assert.deepEqual(planIn(plan), plan)
  const older = { clusterId: null, brokers: [ports], controllers: [], voters: [], backups: 1 }
  assert.deepEqual(planIn({ brokers: [ports] }), older)
  for (const damaged of [
    null,
    { brokers: [] },
    { brokers: [{ ...ports, peer: undefined }] },
    { brokers: [ports, ports] },
    { ...plan, controllers: [{}] },
    { ...plan, voters: ['1'] },
    { ...plan, clusterId: 7 },
  ]) {
    assert.equal(planIn(damaged), null, JSON.stringify(damaged))
  }
})
