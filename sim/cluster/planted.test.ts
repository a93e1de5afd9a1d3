import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { uncleanTopic } from './asked-elections.ts'
import { clusterPlanOf } from './cluster-plan.ts'
import { runClusterSeed } from './cluster-world.ts'
import { planted } from './planted.ts'

const withinSeeds = 60

describe('a planted bug is found by a cluster under faults:', () => {
  for (const { name, rules, seenAs, from } of planted) {
    test(name, async () => {
      for (let seed = from; seed < from + withinSeeds; seed++) {
        const [violation] = (await runClusterSeed(seed, { rules })).violations
        if (violation === undefined) continue
        assert.ok(seenAs.includes(violation.code), `seed ${seed}: ${violation.code}: ${violation.detail}`)
        return
      }
      assert.fail(`not within ${withinSeeds} seeds`)
    })
  }
})

test('what a leader alone has answered for is lost when another one leads, and lies within a receipt', async () => {
  for (let seed = 4; seed < 4 + withinSeeds; seed++) {
    const { marks, violations } = await runClusterSeed(seed)
    assert.deepEqual(violations, [], `seed ${seed}`)
    if (marks.has('answered by a leader alone, and lost')) return
  }
  assert.fail(`nothing was lost within ${withinSeeds} seeds`)
})

test('what all in sync had is lost by unclean elections at times, and lies within the receipt of whoever led then', async () => {
  for (let seed = 36; seed < 36 + withinSeeds; seed++) {
    if (!clusterPlanOf(seed).topics.some(({ name }) => name === uncleanTopic)) continue
    const { marks, violations } = await runClusterSeed(seed)
    assert.deepEqual(violations, [], `seed ${seed}`)
    if (marks.has('acknowledged by all in sync, and lost by an unclean election')) return
  }
  assert.fail(`nothing was lost within ${withinSeeds} seeds`)
})
