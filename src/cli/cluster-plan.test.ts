import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllersAskedFor, planIn, votersOf } from './cluster-plan.ts'

const ports = { kafka: 1_000, http: 2_000, peer: 1_020 }

test('one broker votes alone, two with a controller beside them, three and four have three votes, more have five', () => {
  const votes = [1, 2, 3, 4, 5, 20].map((brokers) => votersOf(brokers, 0))
  const three = { voters: [1, 2, 3], controllers: 0 }
  const five = { voters: [1, 2, 3, 4, 5], controllers: 0 }
  assert.deepEqual(votes, [
    { voters: [1], controllers: 0 },
    { voters: [1, 2, 101], controllers: 1 },
    three,
    three,
    five,
    five,
  ])
})

test('controllers of their own are the only voters', () => {
  assert.deepEqual(votersOf(2, 3), { voters: [101, 102, 103], controllers: 3 })
  const plan = { clusterId: 'A', brokers: [ports, ports], controllers: [{ peer: 1_060 }] }
  assert.equal(controllersAskedFor({ ...plan, voters: [101] }), 1)
  assert.equal(controllersAskedFor({ ...plan, voters: [1, 2, 101] }), 0)
})

test('a plan is read as it was written, also that of a release with one broker, and nothing else', () => {
  const plan = { clusterId: 'A', brokers: [ports], controllers: [{ peer: 1_060 }], voters: [101] }
  assert.deepEqual(planIn(plan), plan)
  assert.deepEqual(planIn({ brokers: [ports] }), { clusterId: null, brokers: [ports], controllers: [], voters: [] })
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
