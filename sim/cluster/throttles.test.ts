import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

const rate = 500_000
const valueBytes = 60_000
const count = 50
const downMs = 3_000

const listed = {
  'leader.replication.throttled.replicas': '*',
  'follower.replication.throttled.replicas': '*',
}

/** Virtual ms that a follower takes from its return until it has all again, and that the slowest produce takes meanwhile. */
async function catchUp(
  topic: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
): Promise<{ caughtUpMs: number; slowestMs: number }> {
  let seen = { caughtUpMs: 0, slowestMs: 0 }
  const shape = { settings: { 'replica.lag.time.max.ms': '500', 'min.insync.replicas': '2', ...settings } }
  await ClusterFixture.tell(
    topic,
    async (cluster, leader) => {
      const { world } = cluster
      const follower = cluster.machines.find((machine) => machine !== leader) ?? leader
      const endOf = (machine: typeof leader): number => cluster.replicaOn(machine)?.log.logEndOffset ?? 0
      await cluster.insist('first')
      follower.end({ do: 'crash', node: 0, downMs })
      for (let nth = 0; nth < count; nth++) await cluster.insist('x'.repeat(valueBytes))
      await cluster.until(() => follower.isUp)
      const begunMs = world.nowMs
      let slowestMs = 0
      // A few at a time, so that the follower is not found in sync between them.
      while (endOf(follower) < endOf(leader)) {
        const sentMs = world.nowMs
        await cluster.insist('small')
        slowestMs = Math.max(slowestMs, world.nowMs - sentMs)
        await world.run({ untilMs: world.nowMs + 50 })
      }
      seen = { caughtUpMs: world.nowMs - begunMs, slowestMs }
    },
    { ...shape, seed: 3 },
  )
  return seen
}

/** What comes in one answer goes at once, and the follower's rate counts from the next on. */
const atOnceBytes = 1_200_000
const leastMs = ((count * valueBytes - atOnceBytes) * 1000) / rate

describe('a follower that is far behind', () => {
  for (const side of ['leader', 'follower'] as const) {
    for (const scheme of ['isr', 'majority'] as const) {
      test(`${scheme}: catches up at ${side}.replication.throttled.rate, while writes go on`, async () => {
        const topic = { ...listed, 'replication.scheme': scheme }
        const { caughtUpMs, slowestMs } = await catchUp(topic, { [`${side}.replication.throttled.rate`]: `${rate}` })
        assert.ok(caughtUpMs >= leastMs, `${caughtUpMs} ms, at least ${leastMs}`)
        assert.ok(slowestMs < 500, `a write took ${slowestMs} ms`)
      })
    }
  }

  test('catches up at once where its topic names no replicas', async () => {
    const { caughtUpMs } = await catchUp({}, { 'leader.replication.throttled.rate': '1' })
    assert.ok(caughtUpMs < leastMs, `${caughtUpMs} ms`)
  })
})
