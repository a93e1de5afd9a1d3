import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clusterPlanOf } from './cluster-plan.ts'
import { runClusterSeed } from './cluster-world.ts'

describe('a cluster of brokers', () => {
  test('12 seeds of faults show no violation', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { violations } = await runClusterSeed(seed)
      assert.deepEqual(violations, [], `seed ${seed}`)
    }
  })

  test('the same seed gives the same run', async () => {
    const runs = [await runClusterSeed(5), await runClusterSeed(5), await runClusterSeed(6)]
    const [one, again, other] = runs.map(({ traceHash }) => traceHash)
    assert.equal(one, again)
    assert.notEqual(one, other)
  })

  test('what may take copies is only drawn where two have to be in sync', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { steps, topics } = clusterPlanOf(seed)
      const loses = steps.some(({ action }) => action.do === 'power-cut' || action.do === 'lose-disk')
      if (loses) for (const { settings } of topics) assert.equal(settings['min.insync.replicas'], '2', `seed ${seed}`)
    }
  })
})
