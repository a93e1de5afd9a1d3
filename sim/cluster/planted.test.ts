import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
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
