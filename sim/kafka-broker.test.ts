import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrokerUnderTest } from './tested-broker.ts'
import { runSeed } from './broker-world.ts'
import type { ViolationCode } from './history.ts'
import { kafkaBroker } from './kafka-broker.ts'
import { withLyingSyncs } from './lying-disk.ts'

async function violationsOf(seeds: Iterable<number>, parts: BrokerUnderTest) {
  const found: string[] = []
  const codes = new Set<ViolationCode>()
  for (const seed of seeds) {
    for (const { code, partition, detail } of (await runSeed(seed, parts)).violations) {
      found.push(`seed ${seed}: ${code} in ${partition}: ${detail.slice(0, 300)}`)
      codes.add(code)
    }
  }
  return { found, codes }
}

function* range(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed
}

test('30 seeds of faults show no violation', async () => {
  const { found } = await violationsOf(range(1, 30), kafkaBroker)
  assert.deepEqual(found, [])
})

test('the same seed is the same run, whatever ran before in the same process', async () => {
  for (const seed of [2, 3, 31]) {
    const first = await runSeed(seed, kafkaBroker)
    await runSeed(seed + 1, kafkaBroker)
    const again = await runSeed(seed, kafkaBroker)
    assert.equal(again.traceHash, first.traceHash, `seed ${seed}`)
    assert.equal(again.events, first.events)
  }
})

for (const [pathEnd, expected, budget] of [
  ['.log', ['lost'], 60],
  // Everything that is replaced whole: the list of hosted replicas, the vote, checkpoints, producer snapshots.
  ['.tmp', ['ended itself'], 10],
  // What a compaction swaps in: it cannot be read to the end then, or lacks what only it had.
  ['.cleaned', ['uncaught error', 'lost'], 100],
] as const) {
  test(`fsyncs of ${pathEnd} files that do nothing are found within ${budget} seeds`, async () => {
    const lying = withLyingSyncs(kafkaBroker, pathEnd)
    for (const seed of range(1, budget)) {
      const { codes } = await violationsOf([seed], lying)
      if (expected.some((code) => codes.has(code))) return
    }
    assert.fail(`${budget} seeds show nothing of the kind '${expected.join("' or '")}'`)
  })
}
